package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/casework"
	"earshot/cmd/internal/node"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources/topic"
	"earshot/sources/upload"
)

// archiveStage writes what passed into the record.
type archiveStage struct {
	client  *topic.Client
	decoder *decoder
	store   archive.Store
	recent  *recent
	uploads *upload.Store
}

// writeBatch is how many records at most are recorded or routed together, and writeWait how long they are gathered, while much comes: each batch
// costs record, state and log an fsync or several.
const (
	writeBatch = 4000
	writeWait  = 200 * time.Millisecond
)

// consume follows what is to be recorded until ctx ends.
func (s *archiveStage) consume(ctx context.Context) error {
	return s.client.Consume(ctx, topic.ConsumeConfig{Group: topic.GroupArchive, Topics: []string{topic.Triaged, topic.Casework, topic.Settings},
		MaxBatch: writeBatch, BusyWait: writeWait, Handle: s.handle})
}

// handle returns once the record holds the batch. While the record is away or full it asks to be called again.
func (s *archiveStage) handle(ctx context.Context, recs []topic.Record) error {
	var flow []topic.Record
	var versions []index.SettingVersion
	for _, rec := range recs {
		if rec.Topic != topic.Settings {
			flow = append(flow, rec)
			continue
		}
		if rec.Value == nil || !node.IsRecorded(string(rec.Key)) {
			continue // accounts, sessions and keys are not part of the record
		}
		v, err := node.SettingVersion(topic.Entry{Key: string(rec.Key), Value: rec.Value, Offset: rec.Origin(), Time: rec.Time})
		if err != nil {
			if err := s.client.DeadLetter(ctx, topic.GroupArchive, rec, topic.Poison(topic.CauseBrokenJSON, err)); err != nil {
				return topic.Retry(err)
			}
			continue
		}
		versions = append(versions, v)
	}
	if len(versions) > 0 {
		if err := s.store.PutSettings(ctx, versions); err != nil {
			return notNow("record settings", err)
		}
	}
	items, err := s.decoder.sift(ctx, s.client, topic.GroupArchive, flow)
	if err != nil {
		return topic.Retry(err)
	}
	tagged, events := split(items)
	if len(tagged) > 0 {
		if _, err := s.store.PutTagged(ctx, tagged); err != nil {
			return notNow(fmt.Sprintf("record %d mentions", len(tagged)), err)
		}
	}
	if len(events) > 0 {
		if _, err := s.store.PutEvents(ctx, events); err != nil {
			return notNow(fmt.Sprintf("record %d events", len(events)), err)
		}
	}
	for _, e := range events {
		if e.Type == casework.Erased {
			if err := s.erase(ctx, e); err != nil {
				return notNow("erase a mention", err)
			}
		}
	}
	return nil
}

// erase makes an erasure on request true in blobs and record. The index takes it from the same event.
func (s *archiveStage) erase(ctx context.Context, e casework.Event) error {
	rec, err := s.store.Get(ctx, system, e.Mention)
	if err != nil && !errors.Is(err, index.ErrNotFound) {
		return err
	}
	if err == nil && s.uploads != nil {
		if err := s.uploads.Erase(ctx, &rec.Mention); err != nil {
			return err
		}
	}
	s.recent.drop(e.Mention)
	_, err = s.store.Erase(ctx, []archive.Erasure{{Hash: archive.Hash(e.Mention), At: e.At}})
	return err
}

// notNow marks every failure of the record as worth another try but one: a record written by a newer program stays unreadable.
func notNow(doing string, err error) error {
	err = fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, archive.ErrNewer) {
		return err
	}
	return topic.Retry(err)
}
