package app

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/internal/lifecycle"
	"earshot/cmd/internal/node"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources/topic"
	"earshot/sources/upload"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
)

// Restore fills an empty data folder (and log, and ClickHouse database) from a backup, then makes the erasures again that were made since:
// those in the file named erasures, one JSON object a line as `triage erasures` prints them; empty: none.
func Restore(ctx context.Context, cfg Config, path, erasures string) (err error) {
	if entries, err := os.ReadDir(cfg.Data); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; restore into a new folder and point EARSHOT_DATA at it", cfg.Data)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer f.Close()
	r := &restore{cfg: cfg}
	defer func() { err = errors.Join(err, r.stack.Close(ctx)) }()
	if err := node.LockData(ctx, cfg.Data, &r.stack); err != nil {
		return err
	}
	zr, err := zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s is not a backup of Earshot: %w", path, err)
	}
	defer zr.Close()
	if err := r.read(ctx, tar.NewReader(zr)); err != nil {
		return fmt.Errorf("restore from %s: %w", path, err)
	}
	return r.eraseAgain(ctx, erasures)
}

// restore opens each part when the backup comes to it.
type restore struct {
	cfg    Config
	stack  lifecycle.Stack
	log    *node.Log
	bucket upload.Bucket
	store  archive.Store
}

func (r *restore) read(ctx context.Context, t *tar.Reader) error {
	first := true
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			if first {
				return errors.New("it is empty")
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is damaged or was cut short: %w", err)
		}
		if first && h.Name != "manifest.json" {
			return errors.New("it is not a backup of Earshot")
		}
		first = false
		if err := r.member(ctx, h.Name, t); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func (r *restore) member(ctx context.Context, name string, content io.Reader) error {
	switch {
	case name == "manifest.json":
		var m manifest
		if err := json.UnmarshalRead(content, &m); err != nil {
			return err
		}
		if m.Format != backupFormat {
			return fmt.Errorf("the backup has format %d; this version reads format %d", m.Format, backupFormat)
		}
		return nil
	case name == "record.db" && r.cfg.ClickHouseDSN.Reveal() == "":
		return writeFile(r.cfg.path("record", "record.db"), content)
	case name == "record.db":
		return errors.New("the backup holds a SQLite record; restore it without EARSHOT_CLICKHOUSE_DSN")
	case name == "record.jsonl":
		return r.lines(ctx, content)
	case name == "settings.jsonl":
		return r.table(ctx, topic.Settings, content)
	case name == "cursors.jsonl":
		return r.table(ctx, topic.Cursors, content)
	case name == "secret.key":
		return writeFile(r.cfg.path("secret.key"), content)
	case strings.HasPrefix(name, "blobs/"):
		if err := r.openBucket(ctx); err != nil {
			return err
		}
		return r.bucket.Put(ctx, strings.TrimPrefix(name, "blobs/"), content)
	}
	return errors.New("this version does not know what to do with it")
}

// writeFile makes a file of the data folder durable.
func writeFile(path string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Sync(), f.Close())
}

func (r *restore) openStore(ctx context.Context) error {
	if r.store != nil {
		return nil
	}
	store, err := openRecord(ctx, r.cfg, nil)
	if err != nil {
		return err
	}
	r.store = store
	r.stack.Push("record", func(context.Context) error { return store.Close() })
	return nil
}

func (r *restore) openBucket(ctx context.Context) error {
	if r.bucket != nil {
		return nil
	}
	b, err := upload.OpenBucket(ctx, r.cfg.BlobURL.Reveal(), r.cfg.path("blobs"))
	if err != nil {
		return err
	}
	r.bucket = b
	r.stack.Push("blobs", func(context.Context) error { return b.Close() })
	return nil
}

func (r *restore) openLog(ctx context.Context) (err error) {
	if r.log == nil {
		r.log, err = node.OpenLog(ctx, node.LogConfig{Data: r.cfg.Data, Brokers: r.cfg.KafkaBrokers, Prefix: r.cfg.TopicPrefix, ClientID: "restore",
			Log: r.cfg.Log, Registry: prometheus.NewRegistry()}, &r.stack)
	}
	return err
}

func (r *restore) table(ctx context.Context, name string, content io.Reader) error {
	if err := r.openLog(ctx); err != nil {
		return err
	}
	t := r.log.Settings
	if name == topic.Cursors {
		t = r.log.Cursors
	}
	if len(t.All("")) > 0 {
		return fmt.Errorf("the log's %s topic is not empty; restore under a new EARSHOT_TOPIC_PREFIX", name)
	}
	return eachLine(content, func(l tableLine) error {
		_, err := t.Put(ctx, l.Key, l.Value)
		return err
	})
}

// eachLine decodes JSON values one after the other.
func eachLine[T any](content io.Reader, fn func(T) error) error {
	dec := jsontext.NewDecoder(content)
	for {
		var v T
		if err := json.UnmarshalDecode(dec, &v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := fn(v); err != nil {
			return err
		}
	}
}

// lines fills the record from record.jsonl: erasures first, so that nothing erased comes back.
func (r *restore) lines(ctx context.Context, content io.Reader) error {
	if err := r.openStore(ctx); err != nil {
		return err
	}
	var tagged []classify.Tagged
	var events []casework.Event
	flush := func() error {
		var errs [2]error
		if len(tagged) > 0 {
			_, errs[0] = r.store.PutTagged(ctx, tagged)
		}
		if len(events) > 0 {
			_, errs[1] = r.store.PutEvents(ctx, events)
		}
		tagged, events = tagged[:0], events[:0]
		return errors.Join(errs[:]...)
	}
	err := eachLine(content, func(d dumped) error {
		switch {
		case d.Erasure != nil:
			_, err := r.store.Erase(ctx, []archive.Erasure{*d.Erasure})
			return err
		case d.Setting != nil:
			return r.store.PutSettings(ctx, []index.SettingVersion{*d.Setting})
		case d.Tagged != nil:
			tagged = append(tagged, *d.Tagged)
		case d.Event != nil:
			events = append(events, *d.Event)
		}
		if len(tagged)+len(events) >= walkPage {
			return flush()
		}
		return nil
	})
	return errors.Join(err, flush())
}

// eraseAgain makes the erasures of a file again.
func (r *restore) eraseAgain(ctx context.Context, path string) error {
	if path == "" {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the list of erasures: %w", err)
	}
	defer f.Close()
	var list []archive.Erasure
	if err := eachLine(f, func(e archive.Erasure) error { list = append(list, e); return nil }); err != nil {
		return fmt.Errorf("read the list of erasures: %w", err)
	}
	if err := r.openStore(ctx); err != nil {
		return err
	}
	for batch := range slices.Chunk(list, walkPage) {
		if _, err := r.store.Erase(ctx, batch); err != nil {
			return fmt.Errorf("erase again: %w", err)
		}
	}
	return nil
}
