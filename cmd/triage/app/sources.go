package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"earshot/casework"
	"earshot/cmd/internal/node"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/topic"
)

// sourceDesk lets an administrator change the sources; one change at a time, so that two of them lose nothing of each other's.
type sourceDesk struct {
	app *App
	mu  *sync.Mutex
}

// Registry returns the kinds of source there are.
func (d sourceDesk) Registry() sources.Registry { return d.app.connectors.Registry }

// Put stores s in sources.yaml, in the place of the source of its ID or as a new one, which begins at the beginning.
func (d sourceDesk) Put(ctx context.Context, by casework.Actor, why string, s settings.Source) error {
	if err := node.JudgeSource(s); err != nil {
		return settings.Fault{File: settings.SourcesFile, Problem: err.Error()}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.app.settings.Current()
	fresh := true
	for _, x := range c.Sources {
		fresh = fresh && x.ID != s.ID
	}
	if fresh { // of an earlier source of the same ID, perhaps on another platform
		if err := topic.NewCursorStore(d.app.log.Cursors).Forget(ctx, s.ID); err != nil {
			return err
		}
	}
	file, err := settings.PutSource(c.Files[settings.SourcesFile], s)
	if err != nil {
		return err
	}
	return d.store(ctx, by, why, file)
}

// Remove takes a source and its keys away; what it brought stays.
func (d sourceDesk) Remove(ctx context.Context, by casework.Actor, id string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	file, err := settings.DropSource(d.app.settings.Current().Files[settings.SourcesFile], id)
	if err != nil {
		return err
	}
	if err := d.store(ctx, by, "removed the source "+id, file); err != nil {
		return err
	}
	gone := map[string]string{}
	for _, name := range d.app.keys.Names(id) {
		gone[name] = ""
	}
	return errors.Join(d.app.keys.For("").Change(ctx, id, gone, by.ID), topic.NewCursorStore(d.app.log.Cursors).Forget(ctx, id))
}

func (d sourceDesk) store(ctx context.Context, by casework.Actor, why string, file []byte) error {
	_, err := d.app.settings.Import(ctx, map[string][]byte{settings.SourcesFile: file}, by.ID, why)
	return err
}

// SetKeys stores keys, and removes those that are empty; the source starts anew.
func (d sourceDesk) SetKeys(ctx context.Context, by casework.Actor, s settings.Source, keys map[string]string) error {
	return d.app.keysOf(s).Change(ctx, s.ID, keys, by.ID)
}

// keysOf are the keys of s, which go to its server alone.
func (a *App) keysOf(s settings.Source) node.ServerKeys {
	return a.keys.For(a.connectors.Registry[s.Kind].Server(s))
}

// KeyNames lists the keys that are set for a source.
func (d sourceDesk) KeyNames(id string) []string { return d.app.keys.Names(id) }

// Key returns a key of a source for a try; it is never shown.
func (d sourceDesk) Key(ctx context.Context, s settings.Source, name string) (string, error) {
	return d.app.keysOf(s).Get(ctx, s.ID, name)
}

// KeepKey keeps a key that the platform renewed while it was tried.
func (d sourceDesk) KeepKey(ctx context.Context, s settings.Source, name, value string) error {
	return d.app.keysOf(s).Set(ctx, s.ID, name, value)
}

// Try asks the platform once; see sources.Registry.Try.
func (d sourceDesk) Try(ctx context.Context, s settings.Source, keys sources.KeyBook, n int) ([]sources.Mention, error) {
	return d.app.connectors.Try(ctx, s, keys, n)
}

// sourceHealth is the health of every source in the settings. One that has not reported yet is starting, where it is to run at all.
func (a *App) sourceHealth() []sources.Health {
	told := map[string]sources.Health{}
	for _, h := range topic.NewCursorStore(a.log.Cursors).Health() {
		told[h.Source] = h
	}
	var out []sources.Health
	for _, s := range a.settings.Current().Sources {
		h, ok := told[s.ID]
		if !ok || h.Kind != s.Kind {
			h = sources.Health{Source: s.ID, Kind: s.Kind, Name: s.Name, State: sources.StateStarting, At: time.Now().UTC()}
		}
		if s.Paused != (h.State == sources.StatePaused) { // whoever runs it has not yet said that it took the change up
			h.State, h.Sentence, h.Cause = sources.StateStarting, "", ""
			if s.Paused {
				h.State = sources.StatePaused
			}
		}
		out = append(out, h)
	}
	return out
}
