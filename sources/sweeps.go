package sources

import (
	"context"

	"earshot/settings"
)

// SweepsConfig is what Sweeps need.
type SweepsConfig struct {
	Registry  Registry
	Deps      Deps
	Record    Holder
	Publisher Publisher
	Places    SweepStore
	Health    LastHealth
	Metrics   *Metrics // nil: nothing is counted
}

// Sweeps runs a Sweep for every source whose connector is a Rechecker, also for one that is paused, and follows the settings meanwhile. A source
// that was removed from the settings is asked about no more: there is nobody to ask in its name.
type Sweeps struct {
	cfg  SweepsConfig
	crew *crew
}

// NewSweeps makes Sweeps that run nothing yet.
func NewSweeps(cfg SweepsConfig) *Sweeps {
	s := &Sweeps{cfg: cfg}
	s.crew = newCrew(func(src settings.Source) (func(context.Context), func()) {
		return func(ctx context.Context) { s.sweep(ctx, src) }, func() {}
	}, forgetOthers(cfg.Places, cfg.Deps.Logger()))
	return s
}

// Apply sets the sources. It returns at once.
func (s *Sweeps) Apply(list []settings.Source) { s.crew.apply(list) }

// Run sweeps until ctx ends and returns nil then. It may be called again.
func (s *Sweeps) Run(ctx context.Context) error { return s.crew.run(ctx) }

func (s *Sweeps) sweep(ctx context.Context, src settings.Source) {
	kind := s.cfg.Registry[src.Kind]
	if kind.Recheck == 0 {
		return
	}
	made, err := s.cfg.Registry.Make(src, s.cfg.Deps)
	if err != nil {
		return // its health says why, from the fleet
	}
	again, ok := made.(Rechecker)
	if !ok {
		return
	}
	read := func(ctx context.Context) error {
		_, err := s.cfg.Registry.Try(ctx, src, s.cfg.Deps, 0)
		return err
	}
	(&Sweep{Settings: src, Source: again, Every: kind.Recheck, Batch: kind.Batch, PerDay: kind.PerDay, Whose: kind.Options, Record: s.cfg.Record, Publisher: s.cfg.Publisher,
		Places: s.cfg.Places, Health: s.cfg.Health, Read: read, Deps: s.cfg.Deps, Metrics: s.cfg.Metrics}).Run(ctx)
}
