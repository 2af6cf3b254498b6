package sources

import (
	"cmp"
	"context"
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
	crew  *crew

	mu       sync.Mutex
	monitors map[string]*Monitor
}

// NewFleet makes a Fleet that runs nothing yet.
func NewFleet(cfg FleetConfig) *Fleet {
	f := &Fleet{cfg: cfg, monitors: map[string]*Monitor{}}
	f.cfg.Deps.Terms = f.terms.Load
	f.crew = newCrew(f.begin, forgetOthers(cfg.Cursors, cfg.Deps.Logger()))
	return f
}

// Apply sets the sources and the terms. New terms hold from the next batch on; a source whose settings changed is stopped and started
// with the new ones from its cursor, one that is gone is stopped and forgotten. It returns at once.
func (f *Fleet) Apply(list []settings.Source, terms *Terms) {
	f.terms.Store(terms)
	f.crew.apply(list)
}

// Restart stops a source and starts it anew, for example because a key of its was entered. It does nothing for an unknown source.
func (f *Fleet) Restart(source string) { f.crew.restart(source) }

// Run keeps the fleet as it was last applied until ctx ends; then it stops every source and returns nil. It may be called again.
func (f *Fleet) Run(ctx context.Context) error { return f.crew.run(ctx) }

// Health returns the health of every source, by ID.
func (f *Fleet) Health() []Health {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Health, 0, len(f.monitors))
	for _, m := range f.monitors {
		out = append(out, m.Health())
	}
	slices.SortFunc(out, func(a, b Health) int { return cmp.Compare(a.Source, b.Source) })
	return out
}

func (f *Fleet) begin(s settings.Source) (run func(context.Context), end func()) {
	m := NewMonitor(s, f.cfg.Node, f.cfg.Health, f.cfg.Deps, f.cfg.Metrics)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.monitors[s.ID] = m
	end = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.monitors, s.ID)
		m.gone()
	}
	return func(ctx context.Context) { f.supervise(ctx, s, m) }, end
}

func (f *Fleet) supervise(ctx context.Context, s settings.Source, m *Monitor) {
	m.recall(ctx)
	if s.Paused {
		m.paused(ctx, f.cfg.Registry[s.Kind].Recheck > 0)
		return
	}
	src, err := f.cfg.Registry.Make(s, f.cfg.Deps)
	if err != nil {
		m.stopped(ctx, err.Error(), "")
		return
	}
	sup := &Supervisor{Settings: s, Source: src, Publisher: f.cfg.Publisher, Cursors: f.cfg.Cursors, Deps: f.cfg.Deps, Health: m,
		Metrics: f.cfg.Metrics}
	f.listenAround(s, src, sup)
	_ = sup.Run(ctx) // the reason is in its health; parked until the settings change
}

// listenAround gives sup a second instance of a source that can fetch threads, and a tenth of a small quota.
func (f *Fleet) listenAround(s settings.Source, src Source, sup *Supervisor) {
	if _, ok := src.(Threader); !ok {
		return
	}
	second, err := f.cfg.Registry.Make(s, f.cfg.Deps)
	if err != nil {
		return // the first could be made; without threads it is still heard
	}
	sup.Around = second.(Threader)
	if perDay := f.cfg.Registry[s.Kind].PerDay; perDay > 0 {
		sup.AroundADay = min(ThreadCalls, max(1, perDay/10))
	}
}
