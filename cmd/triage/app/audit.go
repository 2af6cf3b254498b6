package app

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"earshot/casework"
	"earshot/index"
	"earshot/settings"
)

// auditMost bounds the list; at 500 bytes an act that is 5 MiB. Older acts stand in the history of their case.
const auditMost = 10_000

// audit keeps the latest acts of people, as the casework on the log brings them.
type audit struct {
	mu    sync.Mutex
	acts  []casework.Event // oldest first
	first int              // number of acts[0], counted since the start
	seen  map[string]bool  // IDs in acts
}

func (a *audit) add(events []casework.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	for _, e := range events {
		if e.By.Kind == "system" || a.seen[e.ID] {
			continue
		}
		a.seen[e.ID] = true
		a.acts = append(a.acts, e)
	}
	byTime := func(x, y casework.Event) int { return x.At.Compare(y.At) }
	if !slices.IsSortedFunc(a.acts, byTime) { // partitions and the record's settings come in their own order each
		slices.SortStableFunc(a.acts, byTime)
	}
	if n := len(a.acts) - auditMost; n > 0 {
		for _, e := range a.acts[:n] {
			delete(a.seen, e.ID)
		}
		a.acts, a.first = append([]casework.Event(nil), a.acts[n:]...), a.first+n
	}
}

// Acts returns up to limit acts that v may see, newest first, and the cursor to go on from. What is no cursor of ours begins with the newest.
func (a *audit) Acts(_ context.Context, v casework.Viewer, cursor string, limit int) (acts []casework.Event, next string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.first + len(a.acts)
	if n, err := strconv.Atoi(cursor); err == nil {
		at = min(at, n)
	}
	for at > a.first {
		at--
		if e := a.acts[at-a.first]; v.SeesWall(e.Wall) {
			acts = append(acts, e)
		}
		if len(acts) == limit && at > a.first {
			return acts, strconv.Itoa(at), nil
		}
	}
	return acts, "", nil
}

// followSettings lists on the audit page who changed the settings, the classifier and the keys of sources, from the record's versions.
func (a *App) followSettings(ctx context.Context) error {
	defer a.keys.WatchChanges(func(source string) {
		if v, ok := a.keys.Changed(source); ok {
			a.escalate.audit.add(settingsActs([]index.SettingVersion{v}))
		}
	})()
	err := again(ctx, a.slog, "list changes of the settings from the record", func() error {
		versions, err := a.store.Settings(ctx, "")
		if err == nil {
			a.escalate.audit.add(settingsActs(versions))
		}
		return err
	})
	<-ctx.Done()
	return err
}

// settingsActs are versions of settings as acts.
func settingsActs(versions []index.SettingVersion) []casework.Event {
	var out []casework.Event
	for _, v := range versions {
		e := casework.Event{Type: casework.Configured, At: v.At, By: casework.Actor{Kind: "person", ID: v.By}, Why: v.Why, Note: v.Key}
		if v.By == "system" {
			e.By.Kind = "system"
		}
		if v.Key == settings.ClassifierFile {
			e.Type, e.Note = casework.Switched, ""
		}
		e.ID = casework.DerivedID(string(e.Type), v.Key, v.At.UTC().Format(time.RFC3339Nano))
		out = append(out, e)
	}
	return out
}
