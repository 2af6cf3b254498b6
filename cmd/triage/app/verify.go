package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/cmd/internal/control"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources"
	"earshot/sources/topic"
)

// Verification is what `triage verify` found. Lists hold at most ten examples each; the counts are whole.
type Verification struct {
	Recorded int `json:"recorded"` // mentions in the record, with or without their text
	Findable int `json:"findable"` // of those, with their text: each must be in the index once
	Indexed  int `json:"indexed"`
	Logged   int `json:"logged"` // different mentions that the log still holds

	NotIndexed  Finding `json:"not_indexed"`  // in the record, not in the index
	NotRecorded Finding `json:"not_recorded"` // in the index, not in the record
	Stale       Finding `json:"stale"`        // in both, in different versions
	Lost        Finding `json:"lost"`         // on the log, neither recorded, erased nor among the dead letters
	Twice       Finding `json:"twice"`        // recorded more than once
	Unsent      Finding `json:"unsent"`       // incidents whose mail is due and was not delivered
	SentTwice   Finding `json:"sent_twice"`   // notifications delivered more than once to the same mailbox
	DeadLetters int     `json:"dead_letters"` // set aside and not replayed; not a difference
	Sent        int     `json:"sent"`
	Waiting     int     `json:"waiting"` // incidents whose mail is due and held for a summary, or on its way; not a difference
}

// Finding is one kind of difference.
type Finding struct {
	Count    int      `json:"count"`
	Examples []string `json:"examples,omitempty"`
}

func (f *Finding) add(id string) {
	f.Count++
	if len(f.Examples) < 10 {
		f.Examples = append(f.Examples, id)
	}
}

// Differs reports whether anything is not as it must be.
func (v *Verification) Differs() bool {
	return v.NotIndexed.Count+v.NotRecorded.Count+v.Stale.Count+v.Lost.Count+v.Twice.Count+v.Unsent.Count+v.SentTwice.Count > 0
}

// recorded is what the record says of one mention, by the hash of its ID.
type recorded struct {
	version string
	gone    bool
	indexed bool
}

// Verify compares record, index and log once every stage has caught up with what is on the log now.
func (a *App) Verify(ctx context.Context, progress control.Progress) (Verification, error) {
	var v Verification
	if err := a.settle(ctx); err != nil {
		return v, err
	}
	rows := map[int64]*recorded{}
	err := a.store.Identities(ctx, func(id archive.Identity) error {
		key := archive.Key(id.ID)
		if rows[key] != nil {
			v.Twice.add(id.ID)
			return nil
		}
		rows[key] = &recorded{version: id.Version, gone: id.Gone != index.NotGone}
		v.Recorded++
		if id.Gone == index.NotGone {
			v.Findable++
		}
		return nil
	})
	if err != nil {
		return v, fmt.Errorf("read the record: %w", err)
	}
	progress(1, 4)
	if err := a.verifyIndex(ctx, rows, &v); err != nil {
		return v, fmt.Errorf("read the index: %w", err)
	}
	progress(2, 4)
	if err := a.verifyLog(ctx, rows, &v); err != nil {
		return v, fmt.Errorf("read the log: %w", err)
	}
	progress(3, 4)
	if err := a.verifyMail(ctx, &v); err != nil {
		return v, fmt.Errorf("read the deliveries: %w", err)
	}
	progress(4, 4)
	return v, nil
}

func (a *App) verifyIndex(ctx context.Context, rows map[int64]*recorded, v *Verification) error {
	err := a.fulltext.all(ctx, func(id, version string) error {
		v.Indexed++
		switch r := rows[archive.Key(id)]; {
		case r == nil || r.gone:
			v.NotRecorded.add(id)
		case r.version != version:
			v.Stale.add(id)
			r.indexed = true
		default:
			r.indexed = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.store.Identities(ctx, func(id archive.Identity) error {
		if r := rows[archive.Key(id.ID)]; r != nil && !r.gone && !r.indexed {
			v.NotIndexed.add(id.ID)
		}
		return nil
	})
}

// verifyLog looks for mentions on the log that nothing else knows. What a stage set aside is on the dead letters under its key.
func (a *App) verifyLog(ctx context.Context, rows map[int64]*recorded, v *Verification) error {
	erased := map[string]bool{}
	erasures, err := a.store.Erasures(ctx)
	if err != nil {
		return err
	}
	for _, e := range erasures {
		erased[e.Hash] = true
	}
	aside := map[string]bool{}
	err = a.readTopic(ctx, topic.DeadLetters, func(rec topic.Record) error {
		v.DeadLetters++
		aside[string(rec.Key)] = true
		return nil
	})
	if err != nil {
		return err
	}
	seen := map[int64]bool{}
	return a.readTopic(ctx, topic.Mentions, func(rec topic.Record) error {
		id := string(rec.Key)
		key := archive.Key(id)
		if seen[key] {
			return nil
		}
		seen[key] = true
		v.Logged++
		if rows[key] == nil && !aside[id] && !erased[archive.Hash(id)] && readable(rec) {
			v.Lost.add(id)
		}
		return nil
	})
}

// readable leaves out what the classify stage sets aside, and deletions of mentions nobody ever took in.
func readable(rec topic.Record) bool {
	m, err := topic.DecodeMention(rec)
	return err == nil && m.State != sources.Deleted
}

// errReadAll ends a read that has reached what was there at its start.
var errReadAll = errors.New("read all there was")

// readTopic passes every record that is on a topic now to fn.
func (a *App) readTopic(ctx context.Context, name string, fn func(topic.Record) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := a.log.Client.Follow(ctx, topic.FollowConfig{Topic: name, OnCaughtUp: func() { cancel(errReadAll) },
		Handle: func(_ context.Context, recs []topic.Record) error {
			for _, rec := range recs {
				if err := fn(rec); err != nil {
					return err
				}
			}
			return nil
		}})
	if errors.Is(context.Cause(ctx), errReadAll) {
		return nil
	}
	return err
}

// summaryWithin is how long a mail may be held back: in a storm an inbox gets one summary a window of ten minutes (escalate.Limits).
const summaryWithin = 15 * time.Minute

func (a *App) verifyMail(ctx context.Context, v *Verification) error {
	sent := map[string]bool{}
	err := a.store.Deliveries(ctx, func(e casework.Event) error {
		key := e.MessageID + "\x00" + e.To + "\x00" + e.Mention
		if sent[key] {
			v.SentTwice.add(e.MessageID)
		}
		sent[key] = true
		v.Sent++
		return nil
	})
	if err != nil {
		return err
	}
	now, routes := time.Now(), a.escalate.table.Load()
	v.Waiting = len(a.escalate.ledger.Unsent(routes, now))
	for _, id := range a.escalate.ledger.Unsent(routes, now.Add(-summaryWithin)) {
		v.Unsent.add(id)
	}
	v.Waiting -= v.Unsent.Count
	return nil
}
