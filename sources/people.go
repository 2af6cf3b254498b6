package sources

import (
	"context"
	"errors"
	"slices"
	"time"
)

// People looks up who is behind an ID, for platforms that name an author by nothing else. It is a courtesy: when it fails, the mention goes on
// without a name. Used by one goroutine at a time.
type People struct {
	// Ask returns handle and name of those it finds; a person who must act about an error need not: then nobody is asked about any more.
	Ask  func(ctx context.Context, ids []string) (map[string]Author, error)
	Most int // IDs in one Fill; zero: 100
	Now  func() time.Time

	known map[string]Author
	quiet time.Time // no question before this, after a failure
	off   bool
}

const maxPeople = 10_000 // kept; then all are forgotten

// Fill sets handle and name of every author whom it can.
func (p *People) Fill(ctx context.Context, items []Item) {
	now := time.Now
	if p.Now != nil {
		now = p.Now
	}
	var ask []string
	for i := range items {
		a := &items[i].Mention.Author
		if _, ok := p.known[a.ID]; a.ID != "" && a.Name == "" && !ok && len(ask) < orDefault(p.Most, 100) && !slices.Contains(ask, a.ID) {
			ask = append(ask, a.ID)
		}
	}
	if len(ask) > 0 && !p.off && !now().Before(p.quiet) {
		found, err := p.Ask(ctx, ask)
		if err != nil {
			p.quiet, p.off = now().Add(time.Minute), errors.Is(err, ErrStop)
		}
		p.keep(ask, found, err == nil)
	}
	for i := range items {
		a := &items[i].Mention.Author
		if x := p.known[a.ID]; x.Handle != "" || x.Name != "" {
			a.Handle, a.Name = x.Handle, x.Name
		}
	}
}

// keep remembers who was found, and, after a whole answer, who was not: perhaps the account is gone.
func (p *People) keep(asked []string, found map[string]Author, whole bool) {
	if p.known == nil || len(p.known) > maxPeople {
		p.known = map[string]Author{}
	}
	for _, id := range asked {
		if x, ok := found[id]; ok || whole {
			p.known[id] = x
		}
	}
}
