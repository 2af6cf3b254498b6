package sources

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"earshot/settings"
)

// FleetConfig is what a Fleet needs. Deps.Terms is set by the Fleet itself, to the terms of the last Apply.
type FleetConfig struct {
	Registry  Registry
	Deps      Deps
	Publisher Publisher
	Cursors   CursorStore
	Health    HealthSink // nil: health is only kept
	Metrics   *Metrics   // nil: nothing is counted
	Node      string     // for Health.Node
}

// Fleet runs many sources and follows the settings while they run. Make one with NewFleet, then Run; Apply at any time, before
// or after.
type Fleet struct {
	cfg   FleetConfig
	terms atomic.Pointer[Terms]

	mu       sync.Mutex
	want     []settings.Source
	running  map[string]*member
	changed  chan struct{}
	applying sync.Mutex
}

// member is one source that runs, is parked, or is paused.
type member struct {
	settings settings.Source
	monitor  *Monitor
	cancel   context.CancelFunc
	done     chan struct{}
}

// NewFleet makes a Fleet that runs nothing yet.
func NewFleet(cfg FleetConfig) *Fleet {
	f := &Fleet{cfg: cfg, running: map[string]*member{}, changed: make(chan struct{}, 1)}
	f.cfg.Deps.Terms = f.terms.Load
	return f
}

// Apply sets the sources and the terms. New terms hold from the next batch on; a source whose settings changed is stopped and started
// with the new ones from its cursor, one that is gone is stopped. It returns at once.
func (f *Fleet) Apply(list []settings.Source, terms *Terms) {
	f.terms.Store(terms)
	f.mu.Lock()
	f.want = slices.Clone(list)
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default: // a change is already waiting; it will see this one
	}
}

// Restart stops a source and starts it anew, for example because a key of its was entered. It does nothing for an unknown source.
func (f *Fleet) Restart(source string) {
	f.mu.Lock()
	if m := f.running[source]; m != nil {
		m.settings.Kind = "" // differs from every wanted one
	}
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// Run keeps the fleet as it was last applied until ctx ends; then it stops every source and returns nil.
func (f *Fleet) Run(ctx context.Context) error {
	defer f.reconcile(ctx, nil)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.changed:
			f.mu.Lock()
			want := f.want
			f.mu.Unlock()
			f.reconcile(ctx, want)
		}
	}
}

// Health returns the health of every source, by ID.
func (f *Fleet) Health() []Health {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Health, 0, len(f.running))
	for _, m := range f.running {
		out = append(out, m.monitor.Health())
	}
	slices.SortFunc(out, func(a, b Health) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

// reconcile makes what runs equal to want: first everything that must end ends, all at once, then the new ones start.
func (f *Fleet) reconcile(ctx context.Context, want []settings.Source) {
	f.applying.Lock()
	defer f.applying.Unlock()
	wanted := map[string]settings.Source{}
	for _, s := range want {
		wanted[s.ID] = s
	}
	f.mu.Lock()
	var ending []*member
	for id, m := range f.running {
		if s, ok := wanted[id]; !ok || !reflect.DeepEqual(s, m.settings) {
			m.cancel()
			ending = append(ending, m)
			delete(f.running, id)
		}
	}
	f.mu.Unlock()
	for _, m := range ending {
		<-m.done
		m.monitor.gone()
	}
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		f.mu.Lock()
		_, runs := f.running[id]
		f.mu.Unlock()
		if !runs && ctx.Err() == nil {
			f.start(ctx, wanted[id])
		}
	}
}

func (f *Fleet) start(ctx context.Context, s settings.Source) {
	ctx, cancel := context.WithCancel(ctx)
	m := &member{settings: s, cancel: cancel, done: make(chan struct{}),
		monitor: NewMonitor(s, f.cfg.Node, f.cfg.Health, f.cfg.Deps, f.cfg.Metrics)}
	f.mu.Lock()
	f.running[s.ID] = m
	f.mu.Unlock()
	go func() {
		defer close(m.done)
		f.supervise(ctx, s, m.monitor)
	}()
}

func (f *Fleet) supervise(ctx context.Context, s settings.Source, m *Monitor) {
	if s.Paused {
		m.paused(ctx)
		return
	}
	src, err := f.cfg.Registry.Make(s, f.cfg.Deps)
	if err != nil {
		m.stopped(ctx, err.Error(), "")
		return
	}
	sup := &Supervisor{Settings: s, Source: src, Publisher: f.cfg.Publisher, Cursors: f.cfg.Cursors, Deps: f.cfg.Deps, Health: m,
		Metrics: f.cfg.Metrics}
	_ = sup.Run(ctx) // the reason is in its health; parked until the settings change
}
