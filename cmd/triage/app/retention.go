package app

import (
	"context"
	"time"

	"earshot/index"
	"earshot/index/archive"
	"earshot/index/fulltext"
	"earshot/sources/topic"
)

// sweepEvery is how often what is kept too long is looked for. Retention is counted in days.
const sweepEvery = time.Hour

// keepRetention removes what may no longer be kept (P28).
func (a *App) keepRetention(ctx context.Context) error {
	log := a.slog.With("component", "retention")
	for range nowAndEvery(ctx, sweepEvery) {
		if err := a.Expire(ctx, time.Now()); err != nil && ctx.Err() == nil {
			log.Error("what is past its time stays until the next sweep", "err", err)
		}
		if time.Now().In(a.settings.Current().Council.Location()).Hour() == compactHour {
			if err := a.compact(ctx); err != nil && ctx.Err() == nil {
				log.Error("the words of removed mentions stay in the index's files until tomorrow", "err", err)
			}
		}
	}
	return nil
}

// compactHour is the hour of the council's night in which the index takes the words of removed mentions off the disk. New mentions wait to
// be searchable meanwhile, for minutes at most; the log holds them.
const compactHour = 3

func (a *App) compact(ctx context.Context) error {
	release := a.workers[topic.GroupFulltext].hold()
	defer release()
	return a.fulltext.compact(ctx)
}

// Expire removes texts older than the retention setting and their platform's terms allow as of now: from this node's index first, then from the record. Another node's
// index forgets them in its own sweep.
func (a *App) Expire(ctx context.Context, now time.Time) error {
	keep := a.settings.Current().Retention.Within(a.connectors.Registry.Keep())
	done, err := a.store.ExpireText(ctx, now, keep, func(ids []string) error { return a.unindex(ctx, ids) })
	if err != nil {
		return err
	}
	if done.Removed > 0 || done.Kept > 0 {
		a.slog.Info("swept the record", "component", "retention", "removed", done.Removed, "kept_for_open_cases", done.Kept)
	}
	if a.cfg.Embedded() {
		return nil
	}
	return a.unindexGone(ctx)
}

// unindexGone takes out of the index what another node has removed from the record.
func (a *App) unindexGone(ctx context.Context) error {
	var gone []string
	err := a.store.Identities(ctx, func(id archive.Identity) error {
		if id.Gone != index.NotGone {
			gone = append(gone, id.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.unindex(ctx, gone)
}

// unindex makes search and overlay forget mentions. The index has one writer, so its stage stands still meanwhile.
func (a *App) unindex(ctx context.Context, ids []string) error {
	found := a.fulltext.has(ids)
	var changes []fulltext.Change
	for i, id := range ids {
		a.recent.drop(id)
		if found[i] {
			changes = append(changes, fulltext.Change{Remove: id})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	release := a.workers[topic.GroupFulltext].hold()
	defer release()
	return a.fulltext.apply(ctx, changes)
}
