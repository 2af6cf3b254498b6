package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"golang.org/x/time/rate"
)

// Item is a mention with its place in the platform's own order.
type Item struct {
	Mention Mention
	At      time.Time // in the order by which the platform answers, such as when it indexed the post; zero: CreatedAt
	Mark    string    // the platform's id for "after this one", where it has one

	hash uint64 // of the mention, see hashOf; set by the Poller
}

// when is the item's place in the platform's order.
func (it *Item) when() time.Time {
	if it.At.IsZero() {
		return it.Mention.CreatedAt
	}
	return it.At
}

// PageRequest says which page a Poller wants. Within one sweep only Token changes.
type PageRequest struct {
	Since time.Time // items before this are known; the overlap is taken off already
	Mark  string    // the newest Item.Mark that is stored
	Token string    // empty for the first page of a sweep, then Page.Next
}

// Page is one answer. A page may be empty and still have a Next.
type Page struct {
	Items []Item
	Next  string // empty after the last page; never kept between sweeps
	Mark  string // of a forward page: the place after it, where that lies beyond its last item's; it moves the cursor of a page without items
}

// Poller makes a Source of a platform that is asked again and again: the connector fetches and decodes one page, the Poller does the
// rest: the rhythm, the sweep from the newest item back to the watermark, the overlap and what was seen in it, the order, the daily
// budget, and the same batch for the same cursor.
//
// Its cursor is a watermark and never a page token. A sweep is handed over oldest first; the watermark moves with every batch. A sweep of
// more than MaxHeld items, which happens after a long silence, is handed over page by page as it is read, newest first, and moves the
// watermark at its end: memory stays bounded, and a crash repeats the sweep.
type Poller struct {
	Fetch Fetch
	// Forward says that pages come oldest first from Mark on (Mastodon's min_id): each is handed over at once.
	Forward bool

	Every    time.Duration   // from one sweep to the next; zero: 5 min
	Overlap  time.Duration   // read again before the watermark, since items turn up late; zero: 2 min
	Lookback time.Duration   // of the first sweep; zero: 7 days
	PerDay   int             // requests the platform allows, spread evenly over the day; zero: no budget
	MaxHeld  int             // zero: 5,000
	Wake     <-chan struct{} // the platform says that there is something new: the next sweep begins at once; nil: it never does
	Own      Accounts        // what these wrote is left out
	Now      func() time.Time

	budget *rate.Limiter
	last   Last   // what Next returned last
	queue  []Item // of the running sweep, oldest first
	walk   *walk  // a sweep too long to hold
	rest   *rest  // a sweep that the platform asked to interrupt
	swept  time.Time
	more   bool // of a forward walk: the page before held something
	once   bool // the first page that holds anything ends the sweep

	mu    sync.Mutex
	pulse Pulse
}

// Last is the last answer of a Next, kept so that the same question gets it again.
type Last struct {
	after, next Cursor
	mentions    []Mention
	ok          bool
}

// Again returns the answer to after, if that was the last question.
func (l *Last) Again(after Cursor) ([]Mention, Cursor, bool) {
	if !l.ok || after != l.after {
		return nil, after, false
	}
	return slices.Clone(l.mentions), l.next, true
}

// Follows says that after is where the last answer led.
func (l *Last) Follows(after Cursor) bool { return l.ok && after == l.next }

// Keep keeps ms and next as the answer to after, and returns them.
func (l *Last) Keep(after, next Cursor, ms []Mention) ([]Mention, Cursor) {
	*l = Last{after: after, next: next, mentions: ms, ok: true}
	return slices.Clone(ms), next
}

// walk is a sweep that is handed over while it is read.
type walk struct {
	request PageRequest // of the next page; Since stays what it was, however many days the budget makes of the sweep
	high    mark        // where the watermark goes at the end
}

// rest is where a sweep goes on after the platform asked for patience: begun anew, it would come no further the next time.
type rest struct {
	from    mark // where the sweep began
	request PageRequest
	held    []Item
}

// mark is the cursor's content.
type mark struct {
	At   time.Time `json:"at,omitzero"`
	Mark string    `json:"mark,omitzero"`
	Seen string    `json:"seen,omitzero"` // what lies in the overlap, see seen.go
	Walk int       `json:"walk,omitzero"` // page of a long sweep: it makes each cursor another one
}

const (
	pollBatch = 500
)

var _ Source = (*Poller)(nil)

// Time returns the current time by the injected clock.
func (p *Poller) Time() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

func (p *Poller) every() time.Duration { return orDefault(p.Every, 5*time.Minute) }

func (p *Poller) overlap() time.Duration { return orDefault(p.Overlap, 2*time.Minute) }

func orDefault[T int | time.Duration](v, d T) T {
	if v == 0 {
		return d
	}
	return v
}

// Pulse tells when the platform last answered.
func (p *Poller) Pulse() Pulse {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pulse
}

// Once ends a sweep with the first page that holds anything, and after a sweep that found nothing Next returns io.EOF. The Poller is then good
// for one batch, not for reading on.
func (p *Poller) Once() { p.once = true }

// Next implements Source.
func (p *Poller) Next(ctx context.Context, after Cursor) ([]Mention, Cursor, error) {
	if ms, next, ok := p.last.Again(after); ok {
		return ms, next, nil
	}
	if !p.last.Follows(after) { // a new start, or a step back
		p.queue, p.walk = nil, nil
	}
	var m mark
	if after != "" {
		if err := json.Unmarshal([]byte(after), &m); err != nil {
			return nil, after, Stopf("The place where reading stopped cannot be understood. Remove the source and add it again.")
		}
	}
	for {
		ms, next, err := p.step(ctx, m)
		if err != nil {
			return nil, after, err
		}
		if len(ms) > 0 || next != nil {
			c := after
			if next != nil {
				c = encode(*next)
			}
			if c != after {
				ms, c = p.last.Keep(after, c, ms)
				return ms, c, nil
			}
		}
	}
}

// step does one piece of work from m: hand over what is queued, go on with a long sweep, or begin a new sweep.
func (p *Poller) step(ctx context.Context, m mark) ([]Mention, *mark, error) {
	switch {
	case len(p.queue) > 0:
		ms, next := p.take(m)
		return ms, &next, nil
	case p.walk != nil:
		return p.walkOn(ctx, m)
	case p.Forward:
		return p.forward(ctx, m)
	}
	return p.sweep(ctx, m)
}

// begin waits until the next sweep is due and notes its start.
func (p *Poller) begin(ctx context.Context) error {
	if p.swept.IsZero() {
		p.swept = p.Time()
		return ctx.Err()
	}
	if p.once {
		return io.EOF
	}
	due := time.NewTimer(max(p.swept.Add(p.every()).Sub(p.Time()), 0))
	defer due.Stop()
	select {
	case <-ctx.Done():
	case <-due.C:
	case <-p.Wake:
	}
	p.swept = p.Time()
	return ctx.Err()
}

// again lets the next sweep begin at once: this one failed, and the caller has its own pauses.
func (p *Poller) again() { p.swept = time.Time{} }

// answered notes that the platform had nothing more.
func (p *Poller) answered() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pulse.LastSuccess, p.pulse.NextTry = p.Time(), p.swept.Add(p.every())
}

func (p *Poller) fetch(ctx context.Context, r PageRequest) (Page, error) {
	if p.PerDay > 0 {
		if p.budget == nil {
			p.budget = rate.NewLimiter(rate.Limit(float64(p.PerDay)/(24*60*60)), max(1, p.PerDay/24))
		}
		if p.budget.Wait(ctx) != nil {
			<-ctx.Done() // Wait gives up at once where the budget comes after the deadline; that is no empty answer
			return Page{}, ctx.Err()
		}
	}
	page, err := p.Fetch(ctx, r)
	if err != nil {
		return page, err
	}
	page.Items = slices.DeleteFunc(page.Items, func(it Item) bool { return p.Own.Wrote(&it.Mention) })
	now := p.Time()
	for i := range page.Items {
		it := &page.Items[i]
		it.hash = hashOf(&it.Mention)
		it.At = notAfter(it.when(), now) // a date in the future would carry the watermark past what comes until then
	}
	return page, nil
}

func (p *Poller) request(m mark) PageRequest {
	since := m.At.Add(-p.overlap())
	if m.At.IsZero() {
		since = p.Time().Add(-orDefault(p.Lookback, 7*24*time.Hour))
	}
	return PageRequest{Since: since, Mark: m.Mark}
}

// sweep reads from the newest item back to the watermark.
func (p *Poller) sweep(ctx context.Context, m mark) ([]Mention, *mark, error) {
	if err := p.begin(ctx); err != nil {
		return nil, nil, err
	}
	r, held := p.request(m), []Item(nil)
	if p.rest != nil && p.rest.from == m {
		r, held = p.rest.request, p.rest.held
	}
	p.rest = nil
	for {
		got, err := p.fetch(ctx, r)
		if err != nil {
			p.again()
			if wait := (*Wait)(nil); errors.As(err, &wait) {
				p.rest = &rest{m, r, held}
			}
			return nil, nil, err
		}
		fresh, older := unseen(got.Items, m, r.Since)
		held = append(held, fresh...)
		if got.Next == "" || got.Next == r.Token || older || p.once && len(held) > 0 {
			p.queue = inOrder(held)
			p.answered()
			return nil, nil, nil
		}
		r.Token = got.Next
		if len(held) > orDefault(p.MaxHeld, 5000) {
			p.walk = &walk{request: r, high: p.advance(m, held)}
			next := m
			next.Walk++
			return mentions(inOrder(held)), &next, nil
		}
	}
}

// walkOn reads one more page of a sweep too long to hold.
func (p *Poller) walkOn(ctx context.Context, m mark) ([]Mention, *mark, error) {
	base := m
	base.Walk = 0
	r := p.walk.request
	got, err := p.fetch(ctx, r)
	if err != nil {
		return nil, nil, err // the walk stays where it is
	}
	fresh, older := unseen(got.Items, base, r.Since)
	if got.Next == "" || got.Next == r.Token || older {
		next := p.walk.high
		p.walk = nil
		p.answered()
		return mentions(inOrder(fresh)), &next, nil
	}
	p.walk.request.Token = got.Next
	next := m
	next.Walk++
	return mentions(inOrder(fresh)), &next, nil
}

// forward reads the page after the mark; after the last one it waits.
func (p *Poller) forward(ctx context.Context, m mark) ([]Mention, *mark, error) {
	if !p.more {
		if err := p.begin(ctx); err != nil {
			return nil, nil, err
		}
	}
	got, err := p.fetch(ctx, p.request(m))
	if err != nil {
		p.more = false
		p.again()
		return nil, nil, err
	}
	moved := got.Mark != "" && got.Mark != m.Mark
	if p.more = len(got.Items) > 0; !p.more {
		p.answered()
		if !moved {
			return nil, nil, nil
		}
	}
	fresh, _ := unseen(got.Items, m, time.Time{})
	next := p.advance(m, got.Items)
	if moved {
		next.Mark = got.Mark
	}
	return mentions(fresh), &next, nil
}

// take hands over the next batch of the queue.
func (p *Poller) take(m mark) ([]Mention, mark) {
	n := min(pollBatch, len(p.queue))
	items := p.queue[:n]
	if p.queue = p.queue[n:]; len(p.queue) == 0 {
		p.queue = nil
	}
	return mentions(items), p.advance(m, items)
}

// unseen drops what the cursor has, and what is older than since, and says whether the page reached that far back.
func unseen(items []Item, m mark, since time.Time) (fresh []Item, older bool) {
	seen := parseSeen(m.Seen).set()
	for _, it := range items {
		if !since.IsZero() && it.At.Before(since) {
			older = true
			continue
		}
		if seen[it.hash] {
			continue
		}
		seen[it.hash] = true // a page may repeat an item
		fresh = append(fresh, it)
	}
	return fresh, older
}

// inOrder sorts oldest first, keeps the reverse of the platform's order among equals, and drops what two pages both held.
func inOrder(items []Item) []Item {
	slices.Reverse(items)
	slices.SortStableFunc(items, func(a, b Item) int { return a.At.Compare(b.At) })
	seen := map[uint64]bool{}
	return slices.DeleteFunc(items, func(it Item) bool {
		if seen[it.hash] {
			return true
		}
		seen[it.hash] = true
		return false
	})
}

// advance moves m past items, which are stored then.
func (p *Poller) advance(m mark, items []Item) mark {
	m.Walk = 0
	seen := parseSeen(m.Seen)
	for i := range items {
		it := &items[i]
		if it.At.After(m.At) {
			m.At = it.At
		}
		if it.Mark != "" {
			m.Mark = it.Mark
		}
		seen = append(seen, sighting{hash: it.hash, at: it.At.Unix()})
	}
	from := m.At.Add(-p.overlap()).Unix()
	if p.Forward { // nothing is read twice but what two pages share
		from = m.At.Unix()
	}
	m.Seen = seen.since(from).String()
	return m
}

func mentions(items []Item) []Mention {
	out := make([]Mention, len(items))
	for i := range items {
		out[i] = items[i].Mention
	}
	return out
}

func encode(m mark) Cursor {
	b, err := json.Marshal(m)
	if err != nil { // a mark holds a time, a number and two strings
		panic(fmt.Sprintf("sources: encode cursor: %v", err))
	}
	return Cursor(b)
}
