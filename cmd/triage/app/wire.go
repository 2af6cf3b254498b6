package app

import (
	"context"
	"errors"
	"fmt"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/escalate"
	"earshot/sources/topic"
)

func decodeTagged(rec topic.Record) (classify.Tagged, error) {
	t, err := topic.Decode[classify.Tagged](rec, topic.KindTriaged)
	if err != nil {
		return t, err
	}
	if t.Mention.ID != string(rec.Key) || t.Verdict.ID != t.Mention.ID {
		return t, topic.Poison(topic.CauseInvalid, errors.New("key, mention and verdict do not name the same id"))
	}
	return t, nil
}

func encodeTagged(t classify.Tagged) (topic.Record, error) {
	return topic.Encode(topic.Triaged, topic.KindTriaged, t.Mention.ID, t)
}

func decodeEvent(rec topic.Record) (casework.Event, error) {
	e, err := topic.Decode[casework.Event](rec, topic.KindEvent)
	if err != nil {
		return e, err
	}
	if err := e.Validate(); err != nil {
		return e, topic.Poison(topic.CauseInvalid, err)
	}
	if e.Mention != string(rec.Key) {
		return e, topic.Poison(topic.CauseInvalid, errors.New("the record's key is not the event's mention"))
	}
	return e, nil
}

// tidings is one thing that the stages after classify follow: a tagged mention or an event.
type tidings struct {
	tagged *classify.Tagged
	event  *casework.Event
}

func decodeTidings(rec topic.Record) (tidings, error) {
	if rec.Topic == topic.Casework {
		e, err := decodeEvent(rec)
		return tidings{event: &e}, err
	}
	t, err := decodeTagged(rec)
	return tidings{tagged: &t}, err
}

// sift reads records of triaged and casework in their order; unreadable ones go to the dead letters in stage's name. What it returns is
// shared with other stages.
func (d *decoder) sift(ctx context.Context, c *topic.Client, stage string, recs []topic.Record) ([]tidings, error) {
	items, err := topic.Sift(ctx, c, stage, recs, d.read)
	if err != nil {
		return nil, err
	}
	out := make([]tidings, len(items))
	for i := range items {
		out[i] = items[i].V
	}
	return out, nil
}

// split parts tidings by kind, keeping the order within each.
func split(ts []tidings) (tagged []classify.Tagged, events []casework.Event) {
	n := 0
	for _, t := range ts {
		if t.tagged != nil {
			n++
		}
	}
	tagged, events = make([]classify.Tagged, 0, n), make([]casework.Event, 0, len(ts)-n)
	for _, t := range ts {
		if t.tagged != nil {
			tagged = append(tagged, *t.tagged)
		} else {
			events = append(events, *t.event)
		}
	}
	return tagged, events
}

// journal appends casework to the log.
type journal struct{ client *topic.Client }

// Append returns nil once the log has acknowledged every event.
func (j journal) Append(ctx context.Context, events []casework.Event) error {
	recs := make([]topic.Record, len(events))
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
		rec, err := topic.Encode(topic.Casework, topic.KindEvent, events[i].Mention, events[i])
		if err != nil {
			return err
		}
		recs[i] = rec
	}
	return j.client.Publish(ctx, recs)
}

// acts appends what a person did and waits until this node's next read shows it.
type acts struct {
	journal journal
	recent  *recent
	ledger  *escalate.Ledger
	book    *quality.Book
}

// Append returns once the log holds the events and this node's follower has passed them on.
func (a acts) Append(ctx context.Context, events []casework.Event) error {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	passed := make([]<-chan struct{}, len(events))
	for i := range events {
		passed[i] = a.recent.await(events[i].ID)
		defer a.recent.giveUp(events[i].ID)
	}
	if err := a.journal.Append(ctx, events); err != nil {
		return err
	}
	a.ledger.Apply(events) // its own follower brings them again, which changes nothing
	a.book.Add(events)     // likewise
	for _, ch := range passed {
		select {
		case <-ch:
		case <-ctx.Done():
			return fmt.Errorf("the act is stored, but this page could not wait until it shows: %w", ctx.Err())
		}
	}
	return nil
}
