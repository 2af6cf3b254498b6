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

// trace is what record and index say of one mention, by the hash of its ID.
type trace struct {
	version  string // in the index; empty: it is not there
	recorded bool
	findable bool // recorded with its text
}

// Verify compares record, index and log once every stage has caught up with what is on the log now.
func (a *App) Verify(ctx context.Context, progress control.Progress) (Verification, error) {
	var v Verification
	if err := a.settle(ctx); err != nil {
		return v, err
	}
	traces := map[int64]trace{}
	for i, step := range []struct {
		of     string
		verify func(context.Context, map[int64]trace, *Verification) error
	}{{"index", a.verifyIndex}, {"record", a.verifyRecord}, {"log", a.verifyLog}, {"deliveries", a.verifyMail}} {
		if err := step.verify(ctx, traces, &v); err != nil {
			return v, fmt.Errorf("read the %s: %w", step.of, err)
		}
		progress(int64(i)+1, 4)
	}
	return v, nil
}

// verifyIndex notes what is in the index, so that the record, which is the larger, is read once.
func (a *App) verifyIndex(ctx context.Context, traces map[int64]trace, v *Verification) error {
	return a.fulltext.all(ctx, func(id, version string) error {
		v.Indexed++
		traces[archive.Key(id)] = trace{version: version}
		return nil
	})
}

func (a *App) verifyRecord(ctx context.Context, traces map[int64]trace, v *Verification) error {
	met := 0
	err := a.store.Identities(ctx, func(id archive.Identity) error {
		key := archive.Key(id.ID)
		t := traces[key]
		if t.recorded {
			v.Twice.add(id.ID)
			return nil
		}
		v.Recorded++
		t.recorded, t.findable = true, id.Gone == index.NotGone
		traces[key] = t
		if !t.findable {
			return nil
		}
		v.Findable++
		if t.version == "" {
			v.NotIndexed.add(id.ID)
			return nil
		}
		if met++; t.version != id.Version {
			v.Stale.add(id.ID)
		}
		return nil
	})
	if err != nil || met == v.Indexed {
		return err
	}
	// Only now are the index's own IDs wanted, to name what the record lacks.
	return a.fulltext.all(ctx, func(id, _ string) error {
		if !traces[archive.Key(id)].findable {
			v.NotRecorded.add(id)
		}
		return nil
	})
}

// verifyLog looks for mentions on the log that nothing else knows. What a stage set aside is on the dead letters under its key.
func (a *App) verifyLog(ctx context.Context, traces map[int64]trace, v *Verification) error {
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
		if !traces[key].recorded && !aside[id] && !erased[archive.Hash(id)] && readable(rec) {
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

func (a *App) verifyMail(ctx context.Context, _ map[int64]trace, v *Verification) error {
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
