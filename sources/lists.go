package sources

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"
)

// Mentions makes a mention of each thing in a platform's list; what has no ID is none.
func Mentions[T any](list []T, mention func(*T) Mention) []Mention {
	out := make([]Mention, 0, len(list))
	for i := range list {
		if m := mention(&list[i]); m.ID != "" {
			out = append(out, m)
		}
	}
	return out
}

// Items is Mentions for a Page whose order is that of Mention.CreatedAt.
func Items[T any](list []T, mention func(*T) Mention) []Item { return ItemsAt(list, mention, nil) }

// ItemsAt is Items whose place in the platform's order is another time.
func ItemsAt[T any](list []T, mention func(*T) Mention, at func(*T) time.Time) []Item {
	out := make([]Item, 0, len(list))
	for i := range list {
		it := Item{Mention: mention(&list[i])}
		if it.Mention.ID == "" {
			continue
		}
		if at != nil {
			it.At = at(&list[i])
		}
		out = append(out, it)
	}
	return out
}

// Some is m if ok, and none otherwise, for what makes a mention only of some things.
func Some(m Mention, ok bool) Mention {
	if ok {
		return m
	}
	return Mention{}
}

// Besides is ms without the one called id and without what is deleted, for Threader.Thread.
func Besides(id string, ms []Mention) []Mention {
	return slices.DeleteFunc(ms, func(m Mention) bool { return m.ID == id || m.State == Deleted })
}

// Number is the page's number, where tokens are numbers; first is that of the first page.
func (r PageRequest) Number(first int) int {
	if n, err := strconv.Atoi(r.Token); err == nil {
		return n
	}
	return first
}

// Unordered is a list whose order its platform does not state: what is older than the watermark is passed over, and does not end the sweep.
func Unordered(fetch Fetch) Fetch {
	return func(ctx context.Context, r PageRequest) (Page, error) {
		p, err := fetch(ctx, r)
		p.Items = slices.DeleteFunc(p.Items, func(it Item) bool { return it.when().Before(r.Since) })
		return p, err
	}
}

// Pages reads a list to its end.
func Pages(ctx context.Context, fetch Fetch) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for r := (PageRequest{}); ; {
			p, err := fetch(ctx, r)
			if !yield(p, err) || err != nil || p.Next == "" || p.Next == r.Token {
				return
			}
			r.Token = p.Next
		}
	}
}

// Shown is what a list shows now, by ID, for Relisted.
func Shown(ctx context.Context, fetch Fetch) (map[string]Mention, error) {
	out := map[string]Mention{}
	for p, err := range Pages(ctx, fetch) {
		if err != nil {
			return nil, err
		}
		for _, it := range p.Items {
			out[it.Mention.ID] = it.Mention
		}
	}
	return out, nil
}
