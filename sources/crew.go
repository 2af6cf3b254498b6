package sources

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"

	"earshot/settings"
)

// crew runs something for every source and follows the settings while it does: a source whose settings changed is stopped and started with
// the new ones, one that is gone is stopped.
type crew struct {
	// begin prepares one source: run is called in a goroutine of its own, end once run has returned and the source is to run no more.
	begin func(s settings.Source) (run func(ctx context.Context), end func())
	// settled is called when what runs is what is wanted, with all there is.
	settled func(ctx context.Context, ids []string)

	mu       sync.Mutex
	want     []settings.Source
	told     bool // what is wanted, if only that nothing is
	running  map[string]*member
	changed  chan struct{}
	applying sync.Mutex
}

// member is one source that runs, is parked, or is paused.
type member struct {
	settings settings.Source
	cancel   context.CancelFunc
	done     chan struct{}
	end      func()
}

func newCrew(begin func(settings.Source) (func(context.Context), func()), settled func(context.Context, []string)) *crew {
	return &crew{begin: begin, settled: settled, running: map[string]*member{}, changed: make(chan struct{}, 1)}
}

func (c *crew) apply(list []settings.Source) {
	c.mu.Lock()
	c.want, c.told = slices.Clone(list), true
	c.mu.Unlock()
	c.nudge()
}

func (c *crew) nudge() {
	select {
	case c.changed <- struct{}{}:
	default: // a change is already waiting; it will see this one
	}
}

// restart stops a source and starts it anew.
func (c *crew) restart(source string) {
	c.mu.Lock()
	if m := c.running[source]; m != nil {
		m.settings.Kind = "" // differs from every wanted one
	}
	c.mu.Unlock()
	c.nudge()
}

// run keeps the sources as they were last applied until ctx ends; then it stops all of them and returns nil. It may be called again.
func (c *crew) run(ctx context.Context) error {
	defer c.reconcile(ctx, nil)
	for {
		c.mu.Lock()
		want, told := c.want, c.told
		c.mu.Unlock()
		c.reconcile(ctx, want)
		if told && ctx.Err() == nil {
			c.settled(ctx, idsOf(want))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.changed:
		}
	}
}

func idsOf(list []settings.Source) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	return ids
}

// reconcile makes what runs equal to want: first everything that must end ends, all at once, then the new ones start.
func (c *crew) reconcile(ctx context.Context, want []settings.Source) {
	c.applying.Lock()
	defer c.applying.Unlock()
	wanted := map[string]settings.Source{}
	for _, s := range want {
		wanted[s.ID] = s
	}
	c.mu.Lock()
	var ending []*member
	for id, m := range c.running {
		if s, ok := wanted[id]; !ok || !reflect.DeepEqual(s, m.settings) {
			m.cancel()
			ending = append(ending, m)
			delete(c.running, id)
		}
	}
	c.mu.Unlock()
	for _, m := range ending {
		<-m.done
		m.end()
	}
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		c.mu.Lock()
		_, runs := c.running[id]
		c.mu.Unlock()
		if !runs && ctx.Err() == nil {
			c.start(ctx, wanted[id])
		}
	}
}

func (c *crew) start(ctx context.Context, s settings.Source) {
	ctx, cancel := context.WithCancel(ctx)
	run, end := c.begin(s)
	m := &member{settings: s, cancel: cancel, done: make(chan struct{}), end: end}
	c.mu.Lock()
	c.running[s.ID] = m
	c.mu.Unlock()
	go func() {
		defer close(m.done)
		run(ctx)
	}()
}
