package escalate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"earshot/casework"

	"golang.org/x/sync/errgroup"
)

// Dispatcher turns verdicts into incidents and incidents into mail. It runs on exactly one node at a time, the leader.
type Dispatcher struct {
	cfg    Config
	log    *slog.Logger
	now    func() time.Time
	limits Limits
	store  *store
	table  atomic.Pointer[Table]

	mu      sync.Mutex // of deciding and of what is not yet saved
	unsaved change
	fresh   map[string]struct{} // incidents Run has not looked at since they changed
	held    map[string]held     // by mention: what waits for a considered verdict
	queue   []held              // the same by time; what held no longer has is passed over

	flushMu sync.Mutex    // of appending to the journal, which may block for long
	flushed atomic.Uint64 // sequence of pending events that the journal has

	wake    chan struct{} // length 1: Run has something to look at
	journal chan struct{} // length 1: something is pending
	holds   chan struct{} // length 1: something may wait for a considered verdict
	health  atomic.Pointer[[]InboxHealth]
}

// Open opens DIR/state.db, tells cfg.Ledger what it remembers and returns a Dispatcher that is ready for HandleTagged, HandleEvents and
// Run. Close it after Run has returned. It wraps ErrState when the file is unreadable or another process holds it.
func Open(cfg Config) (*Dispatcher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	st, err := openStore(cfg.Dir)
	if err != nil {
		return nil, err
	}
	d := &Dispatcher{cfg: cfg, log: cfg.Log, now: cfg.Now, limits: cfg.Limits.orDefaults(), store: st, fresh: map[string]struct{}{},
		held: map[string]held{}, wake: make(chan struct{}, 1), journal: make(chan struct{}, 1), holds: make(chan struct{}, 1)}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.now == nil {
		d.now = time.Now
	}
	d.table.Store(cfg.Table)
	if err := errors.Join(d.recall(), d.forget(), st.giveBack()); err != nil {
		return nil, errors.Join(err, st.close())
	}
	if d.now().After(BankHolidaysUntil) {
		d.log.Warn("bank holidays are known until 2028 only; list later ones in council.yaml", "until", BankHolidaysUntil.Format(time.DateOnly))
	}
	return d, nil
}

// recall folds state.db into the ledger, a part at a time: all of it would be hundreds of MiB for a moment.
func (d *Dispatcher) recall() error {
	const part = 1000
	batch := make([]casework.Event, 0, part)
	err := d.store.each(func(e casework.Event) {
		if batch = append(batch, e); len(batch) == part {
			d.cfg.Ledger.Apply(batch)
			batch = batch[:0]
		}
	})
	if err != nil {
		return fmt.Errorf("%w; move %s away and start again, it is rebuilt from the record", err, StateFile)
	}
	d.cfg.Ledger.Apply(batch)
	kept, err := d.store.allHeld()
	if err != nil {
		return err
	}
	for _, h := range kept {
		d.keepHeld(h)
	}
	return nil
}

// forget drops incidents long closed from state.db. The ledger keeps them.
func (d *Dispatcher) forget() error {
	ids, cards := d.cfg.Ledger.closedBefore(d.now().Add(-keepClosed))
	return d.store.forgetIncidents(ids, cards)
}

// SetTable puts new routes in force for everything decided or sent from now on.
func (d *Dispatcher) SetTable(t *Table) {
	d.table.Store(t)
	d.mu.Lock()
	for _, id := range d.cfg.Ledger.waiting() {
		d.fresh[id] = struct{}{}
	}
	d.mu.Unlock()
	d.nudge()
}

// Run sends what is due until ctx ends, and then returns ctx.Err() when everything it started has ended.
func (d *Dispatcher) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.keepFlushing(ctx) })
	g.Go(func() error { return d.keepLettingGo(ctx) })
	g.Go(func() error { return newSender(d).run(ctx) })
	return g.Wait()
}

// keepFlushing brings pending events to the journal however long it is away. Mail does not wait for it.
func (d *Dispatcher) keepFlushing(ctx context.Context) error {
	pause := d.pauses(false)
	var again <-chan time.Time
	for {
		if err := d.flush(ctx); err != nil {
			again = time.After(pause.NextBackOff())
			d.log.Warn("casework log not reached; trying again", "err", err)
		} else {
			pause.Reset()
			again = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.journal:
		case <-again:
		}
	}
}

// nudge tells Run that there is something to look at.
func (d *Dispatcher) nudge() {
	for _, c := range []chan struct{}{d.wake, d.journal} {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// takeFresh returns the incidents that changed since the last call.
func (d *Dispatcher) takeFresh() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]string, 0, len(d.fresh))
	for id := range d.fresh {
		out = append(out, id)
	}
	d.fresh = map[string]struct{}{} // not cleared: a storm's, or a start's, would keep its size
	return out
}

// Health says how each inbox is doing, for the health page: what waits, since when, and why.
func (d *Dispatcher) Health() []InboxHealth {
	if h := d.health.Load(); h != nil {
		return *h
	}
	return nil
}

// GiveBack makes what state.db has mapped into memory not resident. The next who reads there maps it anew.
func (d *Dispatcher) GiveBack() error { return d.store.giveBack() }

// Close closes state.db. Call it after Run has returned.
func (d *Dispatcher) Close() error { return d.store.close() }

// InboxHealth is one inbox's queue.
type InboxHealth struct {
	To       string    `json:"to"`
	Urgent   bool      `json:"urgent"`             // its mails about risks, which have a queue and limits of their own
	Waiting  int       `json:"waiting"`            // incidents in the queue
	Failures int       `json:"failures"`           // tries in a row that failed
	Error    string    `json:"error,omitzero"`     // of the last try, when it failed
	NextTry  time.Time `json:"next_try,omitzero"`  // when the mail server is tried again
	Holding  time.Time `json:"holding,omitzero"`   // since when mails are held back for a summary
	LastMail time.Time `json:"last_mail,omitzero"` // accepted, since the start
}

func compareHealth(a, b InboxHealth) int {
	if c := cmp.Compare(a.To, b.To); c != 0 {
		return c
	}
	if a.Urgent == b.Urgent {
		return 0
	}
	if a.Urgent {
		return -1
	}
	return 1
}
