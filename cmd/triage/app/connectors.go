package app

import (
	"context"

	"earshot/cmd/internal/node"
	"earshot/sources/hook"
)

// openConnectors prepares what hears platforms: the fleet where it runs in this process, and on every node the way for what they push.
func (a *App) openConnectors() {
	c := node.NewConnectors(node.ConnectorConfig{Log: a.log, Settings: a.settings, Keys: a.keys, Version: a.cfg.Version, Contact: a.cfg.PublicURL,
		Node: a.node, Known: a.fulltext.known, Logger: a.slog, Metrics: a.metrics, Registry: a.cfg.connectors})
	a.hooks = hook.New(hook.Config{Registry: c.Registry, Source: c.Source, Deps: c.Deps, Publisher: prompt{a.log.Client}, Health: c.Places,
		Metrics: hook.NewMetrics(a.metrics, c.Registry), Ingest: c.Metrics})
	a.connectors = c
	stop := a.keys.Watch(a.hooks.Forget)
	a.stack.Push("watch of connector keys", func(context.Context) error { stop(); return nil })
	if a.cfg.Embedded() {
		a.fleet = c.Fleet(a.log.Client)
	}
}
