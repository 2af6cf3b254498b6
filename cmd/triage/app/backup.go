package app

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/internal/control"
	"earshot/index"
	"earshot/index/archive"
	"earshot/sources/topic"
	"earshot/sources/upload"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
)

// A backup is a zstd-compressed tar, in this order, so that it can be restored in one pass:
//
//	manifest.json     what, when, by which version
//	record.db         the whole SQLite record, or
//	record.jsonl      one line a mention, event, setting and erasure (ClickHouse: the newest version of each mention)
//	settings.jsonl    the compacted topics, one entry a line
//	cursors.jsonl
//	blobs/KEY         screenshots, their receipts and marks
//	secret.key        when it was made in the data folder
const backupFormat = 1

type manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"`
	Made    time.Time `json:"made"`
}

// dumped is one line of record.jsonl; exactly one member is set.
type dumped struct {
	Tagged  *classify.Tagged      `json:"tagged,omitzero"`
	Event   *casework.Event       `json:"event,omitzero"`
	Setting *index.SettingVersion `json:"setting,omitzero"`
	Erasure *archive.Erasure      `json:"erasure,omitzero"`
}

type tableLine struct {
	Key   string         `json:"key"`
	Value jsontext.Value `json:"value"`
}

// backupWriter writes one backup file under a temporary name.
type backupWriter struct {
	file *os.File
	zst  *zstd.Encoder
	tar  *tar.Writer
	tmp  string // scratch folder on the same disk
}

func newBackup(path string) (*backupWriter, error) {
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("%s exists already; name a new file", path)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(path), ".backup-*")
	if err != nil {
		return nil, fmt.Errorf("make a scratch folder beside %s: %w", path, err)
	}
	f, err := os.OpenFile(filepath.Join(tmp, "backup"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		os.RemoveAll(tmp)
		return nil, err
	}
	zst, err := zstd.NewWriter(f)
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.RemoveAll(tmp))
	}
	return &backupWriter{f, zst, tar.NewWriter(zst), tmp}, nil
}

// finish makes the backup durable under path; discard gives up.
func (b *backupWriter) finish(path string) error {
	if err := errors.Join(b.tar.Close(), b.zst.Close(), b.file.Sync(), b.file.Close()); err != nil {
		return err
	}
	return os.Rename(b.file.Name(), path)
}

func (b *backupWriter) discard() { os.RemoveAll(b.tmp) }

// add copies a file into the backup.
func (b *backupWriter) add(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	return b.addReader(name, st.Size(), f)
}

func (b *backupWriter) addReader(name string, size int64, r io.Reader) error {
	if err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size}); err != nil {
		return err
	}
	n, err := io.Copy(b.tar, r)
	if err == nil && n != size {
		err = fmt.Errorf("%s changed while it was copied", name)
	}
	return err
}

// addLines writes JSON lines through a scratch file, since a tar member must say its size first.
func (b *backupWriter) addLines(name string, write func(enc *jsontext.Encoder) error) error {
	path := filepath.Join(b.tmp, strings.ReplaceAll(name, "/", "_"))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(jsontext.NewEncoder(f))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	defer os.Remove(path)
	return b.add(name, path)
}

// Backup writes everything that cannot be made again into one file, while the program runs. What the log had acknowledged when it
// began is in the backup: it first waits until the record has caught up.
func (a *App) Backup(ctx context.Context, path string, progress control.Progress) error {
	if err := a.settle(ctx, topic.GroupArchive); err != nil {
		return err
	}
	b, err := newBackup(path)
	if err != nil {
		return err
	}
	defer b.discard()
	steps := []func() error{
		func() error {
			return b.addLines("manifest.json", func(enc *jsontext.Encoder) error {
				return json.MarshalEncode(enc, manifest{backupFormat, a.cfg.Version, time.Now().UTC()})
			})
		},
		func() error { return a.backupRecord(ctx, b) },
		func() error { return backupTable(b, topic.Settings, a.log.Settings) },
		func() error { return backupTable(b, topic.Cursors, a.log.Cursors) },
		func() error { return a.backupBlobs(ctx, b) },
		func() error {
			err := b.add("secret.key", filepath.Join(a.cfg.Data, "secret.key"))
			if errors.Is(err, fs.ErrNotExist) {
				return nil // it is given from outside
			}
			return err
		},
	}
	for i, step := range steps {
		progress(int64(i), int64(len(steps)))
		if err := step(); err != nil {
			return fmt.Errorf("back up: %w", err)
		}
	}
	progress(int64(len(steps)), int64(len(steps)))
	return b.finish(path)
}

func (a *App) backupRecord(ctx context.Context, b *backupWriter) error {
	if s, ok := a.store.(archive.Backuper); ok {
		path := filepath.Join(b.tmp, "record.db")
		if err := s.Backup(ctx, path); err != nil {
			return err
		}
		defer os.Remove(path)
		return b.add("record.db", path)
	}
	return b.addLines("record.jsonl", func(enc *jsontext.Encoder) error { return dump(ctx, a.store, enc) })
}

// dump writes the record as lines.
func dump(ctx context.Context, store archive.Store, enc *jsontext.Encoder) error {
	erasures, err := store.Erasures(ctx)
	if err != nil {
		return err
	}
	for i := range erasures {
		if err := json.MarshalEncode(enc, dumped{Erasure: &erasures[i]}); err != nil {
			return err
		}
	}
	versions, err := store.Settings(ctx, "")
	if err != nil {
		return err
	}
	for i := range versions {
		if err := json.MarshalEncode(enc, dumped{Setting: &versions[i]}); err != nil {
			return err
		}
	}
	if err := walk(ctx, store.Scan, func(r index.Record) error { return json.MarshalEncode(enc, dumped{Tagged: &r.Tagged}) }); err != nil {
		return err
	}
	return walk(ctx, store.Events, func(e casework.Event) error { return json.MarshalEncode(enc, dumped{Event: &e}) })
}

// walkPage is how many rows one step of a walk takes.
const walkPage = 2000

// walk goes through a whole walk of the record.
func walk[T any](ctx context.Context, page func(context.Context, archive.Cursor, int) ([]T, archive.Cursor, error), fn func(T) error) error {
	var after archive.Cursor
	for {
		rows, next, err := page(ctx, after, walkPage)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		after = next
	}
}

func backupTable(b *backupWriter, name string, t *topic.Table) error {
	return b.addLines(name+".jsonl", func(enc *jsontext.Encoder) error {
		for _, e := range t.All("") {
			if err := json.MarshalEncode(enc, tableLine{e.Key, e.Value}); err != nil {
				return err
			}
		}
		return nil
	})
}

// backupBlobs copies every blob that cannot be made again.
func (a *App) backupBlobs(ctx context.Context, b *backupWriter) error {
	for _, prefix := range upload.Kept {
		keys, err := a.bucket.List(ctx, prefix)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if err := b.addBlob(ctx, a.bucket, key); err != nil {
				return fmt.Errorf("blob %s: %w", key, err)
			}
		}
	}
	return nil
}

func (b *backupWriter) addBlob(ctx context.Context, bucket upload.Bucket, key string) error {
	r, err := bucket.Get(ctx, key)
	if errors.Is(err, upload.ErrNoBlob) {
		return nil // erased since it was listed
	}
	if err != nil {
		return err
	}
	defer r.Close()
	content, err := io.ReadAll(r) // at most upload.MaxFileBytes
	if err != nil {
		return err
	}
	return b.addReader("blobs/"+key, int64(len(content)), bytes.NewReader(content))
}
