package app

import (
	"context"
	"time"

	"earshot/cmd/internal/node"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"
	"earshot/sources/hook"
)

// openConnectors prepares what hears platforms: the fleet where it runs in this process, the sweeps, and on every node the way for what
// platforms push.
func (a *App) openConnectors() {
	c := node.NewConnectors(node.ConnectorConfig{Log: a.log, Settings: a.settings, Keys: a.keys, Version: a.cfg.Version, Contact: a.cfg.PublicURL,
		Node: a.node, Known: a.fulltext.known, ByAuthor: a.byAuthor, Logger: a.slog, Metrics: a.metrics, Registry: a.cfg.connectors})
	a.hooks = hook.New(hook.Config{Registry: c.Registry, Source: c.Source, Deps: c.Deps, Publisher: prompt{a.log.Client}, Health: c.Places,
		Metrics: hook.NewMetrics(a.metrics, c.Registry), Ingest: c.Metrics})
	a.connectors = c
	stop := a.keys.Watch(a.hooks.Forget)
	a.stack.Push("watch of connector keys", func(context.Context) error { stop(); return nil })
	a.sweeps = c.Sweeps(holder{a.store}, a.log.Client)
	if a.cfg.Embedded() {
		a.fleet = c.Fleet(a.log.Client)
	}
}

// sweep asks platforms again, on one node at a time.
func (a *App) sweep(ctx context.Context) error {
	if a.cfg.Embedded() {
		return a.sweeps.Run(ctx)
	}
	return a.log.Client.Lead(ctx, "sweeps", a.sweeps.Run)
}

// authorPatience is how long the reading of a platform waits for the record to say what an author wrote. A record that is away must not
// keep the next mention from being read: what it cannot say then stays until it is asked about again or expires.
const authorPatience = 10 * time.Second

// byAuthor finds what authors wrote, for accounts that are gone.
func (a *App) byAuthor(ctx context.Context, platform string, authors []string) (map[string][]string, error) {
	within, cancel := context.WithTimeout(ctx, authorPatience)
	defer cancel()
	found, err := a.store.OfAuthors(within, platform, authors)
	if err != nil && ctx.Err() == nil {
		a.slog.Error("what an account that is gone wrote cannot be looked up; it stays", "component", "sources", "platform", platform, "err", err)
		return nil, nil
	}
	return found, ctx.Err()
}

// holder shows the record to the sweeps.
type holder struct{ store archive.Store }

// Holds counts what a source brought.
func (h holder) Holds(ctx context.Context, source string) (int, error) {
	return h.store.Holds(ctx, source)
}

// Held lists it.
func (h holder) Held(ctx context.Context, source string, from time.Time, after string, limit int) ([]sources.Holding, error) {
	list, err := h.store.Held(ctx, source, from, archive.Cursor(after), limit)
	out := make([]sources.Holding, len(list))
	for i, x := range list {
		out[i] = sources.Holding{ID: x.ID, Kept: x.Kept, Place: string(x.Cursor)}
	}
	return out, err
}

// Mentions reads those whose text is here.
func (h holder) Mentions(ctx context.Context, ids []string) ([]sources.Mention, error) {
	recs, err := h.store.GetMany(ctx, system, ids)
	var out []sources.Mention
	for i := range recs {
		if recs[i].Gone == index.NotGone {
			out = append(out, recs[i].Mention)
		}
	}
	return out, err
}
