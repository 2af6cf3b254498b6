package meta

import (
	"context"
	"slices"
	"strconv"
	"time"

	"earshot/sources"
)

// Part is one of the lists that a sweep reads, such as the comments on one post.
type Part func(ctx context.Context, since time.Time, after string) (Piece, error)

// Piece is one page of a Part. Items older than the watermark do no harm.
type Piece struct {
	Items []sources.Item
	Next  string // the cursor of the next page; empty: the Part is read
	Also  []Part // further lists that this page led to
}

// Done ends the Part when p reaches back before since, provided that it comes newest first.
func (p Piece) Done(since time.Time) Piece {
	if n := len(p.Items); n > 0 {
		if first, last := p.Items[0].Mention.CreatedAt, p.Items[n-1].Mention.CreatedAt; last.Before(since) && !first.Before(last) {
			p.Next = ""
		}
	}
	return p
}

// Round reads several lists one after another, so that one Poller, with one watermark on the time of publication, reads them all. Fetch is
// made for Poller.Fetch; the Round itself lives in memory, as page tokens do.
type Round struct {
	Start func() []Part // the lists of a new sweep

	left  []Part // the first of them is being read
	after string
	step  int
}

// Fetch implements Poller.Fetch.
func (r *Round) Fetch(ctx context.Context, q sources.PageRequest) (sources.Page, error) {
	if q.Token == "" {
		r.left, r.after, r.step = r.Start(), "", 0
	}
	if len(r.left) == 0 {
		return sources.Page{}, nil
	}
	got, err := r.left[0](ctx, q.Since, r.after)
	if err != nil {
		return sources.Page{}, err // asked again, from the same place
	}
	r.left = append(r.left, got.Also...)
	if got.Next == "" || got.Next == r.after {
		r.left, r.after = r.left[1:], ""
	} else {
		r.after = got.Next
	}
	// An older one would end the sweep before the other lists are read.
	p := sources.Page{Items: slices.DeleteFunc(got.Items, func(it sources.Item) bool { return it.Mention.CreatedAt.Before(q.Since) })}
	if len(r.left) > 0 {
		r.step++
		p.Next = strconv.Itoa(r.step)
	}
	return p, nil
}
