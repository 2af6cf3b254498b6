package sources

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rooms reads several rooms of one chat platform as one stream: a sweep goes through them one after another. Its Page is a Poller's Fetch.
type Rooms struct {
	Names []string
	// Fetch reads one page of one room. The platform leaves out what is older than r.Since, or Fetch ends the room's sweep there.
	Fetch func(ctx context.Context, room string, r PageRequest) (Page, error)
}

// Page fetches one page of the room that r.Token stands in.
func (x *Rooms) Page(ctx context.Context, r PageRequest) (Page, error) {
	number, token, _ := strings.Cut(r.Token, " ")
	i, _ := strconv.Atoi(number) // empty on the first page
	if i < 0 || i >= len(x.Names) {
		return Page{}, fmt.Errorf("sources: no room %d", i)
	}
	r.Token = token
	p, err := x.Fetch(ctx, x.Names[i], r)
	if err != nil {
		return Page{}, err
	}
	// Something older would end the sweep before the other rooms' turn.
	p.Items = slices.DeleteFunc(p.Items, func(it Item) bool {
		at := it.At
		if at.IsZero() {
			at = it.Mention.CreatedAt
		}
		return at.Before(r.Since)
	})
	switch {
	case p.Next != "":
		p.Next = roomToken(i) + p.Next
	case i+1 < len(x.Names):
		p.Next = roomToken(i + 1)
	}
	return p, nil
}

func roomToken(i int) string { return strconv.Itoa(i) + " " }

// ListOption reads an option that holds several names, separated by commas or spaces, without repetitions.
func ListOption(s string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}
