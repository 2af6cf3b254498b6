package sources

import (
	"context"
	"strconv"
	"strings"
)

// Fetch reads one page of a list.
type Fetch func(ctx context.Context, r PageRequest) (Page, error)

// Chain makes one list of several for Poller.Fetch, each of them newest first: a sweep reads every one of them back to the watermark, one after
// the other. The watermark is one for all, so Poller.Overlap must be longer than a sweep takes.
func Chain(lists ...Fetch) Fetch {
	return func(ctx context.Context, r PageRequest) (Page, error) {
		which, token, _ := strings.Cut(r.Token, " ")
		i, _ := strconv.Atoi(which) // empty on the first page
		if i >= len(lists) {
			return Page{}, nil
		}
		inner := r
		inner.Token = token
		page, err := lists[i](ctx, inner)
		if err != nil {
			return page, err
		}
		kept := page.Items[:0]
		for _, it := range page.Items {
			if !it.when().Before(r.Since) {
				kept = append(kept, it)
			}
		}
		switch older := len(kept) < len(page.Items); {
		case page.Next != "" && page.Next != token && !older:
			page.Next = strconv.Itoa(i) + " " + page.Next
		case i+1 < len(lists):
			page.Next = strconv.Itoa(i + 1)
		default:
			page.Next = ""
		}
		page.Items = kept
		return page, nil
	}
}

// ChainOf is Chain of a list for each of many: rooms, tags, kinds of things.
func ChainOf[T any](many []T, fetch func(ctx context.Context, one T, r PageRequest) (Page, error)) Fetch {
	lists := make([]Fetch, len(many))
	for i, one := range many {
		lists[i] = func(ctx context.Context, r PageRequest) (Page, error) { return fetch(ctx, one, r) }
	}
	return Chain(lists...)
}
