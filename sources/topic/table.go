package topic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxTableBytes bounds the keys and values a Table holds in memory.
const maxTableBytes = 64 << 20

// Entry is what a table holds under one key.
type Entry struct {
	Key    string
	Value  []byte // JSON, not to be changed; nil in Watch when the key was deleted
	Offset int64  // names this version of the entry, for PutIf
	Time   time.Time
}

// Table is a view in memory of a compacted topic, Settings or Cursors, kept up to date by following it. It is safe for concurrent use.
type Table struct {
	c     *Client
	topic string
	kind  Kind

	stop context.CancelFunc
	done chan struct{} // closed when following has ended
	err  error         // why, valid once done is closed

	puts sync.RWMutex // PutIf excludes every other Put of this process

	mu      sync.Mutex
	entries map[string]Entry
	bytes   int
	next    int64         // place after the last record seen
	moved   chan struct{} // closed and replaced when next moves
	watch   map[*watcher]struct{}
}

// watcher is one Watch. Its own queue keeps a slow one from holding up the table.
type watcher struct {
	fn    func(Entry)
	mu    sync.Mutex
	queue []Entry
	wake  chan struct{}
}

// OpenTable follows topic, which must be Settings or Cursors, and returns once the view holds everything that was there. ctx bounds
// the opening only; Close ends the following.
func OpenTable(ctx context.Context, c *Client, topic string) (*Table, error) {
	kind, ok := map[string]Kind{Settings: KindSetting, Cursors: KindCursor}[topic]
	if !ok {
		return nil, fmt.Errorf("topic: %q is no table; tables are %s and %s", topic, Settings, Cursors)
	}
	following, stop := context.WithCancel(context.Background())
	t := &Table{
		c: c, topic: topic, kind: kind, stop: stop, done: make(chan struct{}),
		entries: map[string]Entry{}, moved: make(chan struct{}), watch: map[*watcher]struct{}{},
	}
	caught := make(chan struct{})
	go func() {
		defer close(t.done)
		t.err = c.Follow(following, FollowConfig{
			Topic: topic, OnCaughtUp: func() { close(caught) }, OnReset: func(int) { t.reset() },
			Handle: func(_ context.Context, recs []Record) error { return t.apply(recs) },
		})
	}()
	select {
	case <-caught:
		return t, nil
	case <-t.done:
		return nil, fmt.Errorf("topic: open table %s: %w", topic, t.err)
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("topic: open table %s: %w", topic, context.Cause(ctx)), t.Close())
	}
}

// Close ends the following. Put fails afterwards, Get and All still answer.
func (t *Table) Close() error {
	t.stop()
	<-t.done
	if t.err != nil && !errors.Is(t.err, context.Canceled) {
		return fmt.Errorf("topic: table %s: %w", t.topic, t.err)
	}
	return nil
}

// Get returns the entry of a key.
func (t *Table) Get(key string) (Entry, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.entries[key]
	return e, ok
}

// All returns the entries whose keys begin with prefix, ordered by key.
func (t *Table) All(prefix string) []Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []Entry
	for k, e := range t.entries {
		if strings.HasPrefix(k, prefix) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// Put writes value, which must be JSON, and returns its Entry.Offset once the log has it and this view shows it.
func (t *Table) Put(ctx context.Context, key string, value []byte) (int64, error) {
	t.puts.RLock()
	defer t.puts.RUnlock()
	return t.put(ctx, key, value)
}

// PutIf writes only when the key's Offset still is expected, or when the key is absent and expected is -1; otherwise it returns an
// error wrapping ErrConflict. It is exact among the callers of one process. Two nodes that write the same key within the few
// milliseconds of a round trip can both succeed, and the later write stays: each is in the record, with its author.
func (t *Table) PutIf(ctx context.Context, key string, expected int64, value []byte) (int64, error) {
	t.puts.Lock()
	defer t.puts.Unlock()
	e, ok := t.Get(key)
	if !ok {
		e.Offset = -1
	}
	if e.Offset != expected {
		return 0, fmt.Errorf("topic: put %s: %w", t.topic, ErrConflict)
	}
	return t.put(ctx, key, value)
}

// Delete removes a key, and returns once the log has that and this view shows it.
func (t *Table) Delete(ctx context.Context, key string) error {
	t.puts.RLock()
	defer t.puts.RUnlock()
	_, err := t.put(ctx, key, nil)
	return err
}

func (t *Table) put(ctx context.Context, key string, value []byte) (int64, error) {
	switch {
	case key == "":
		return 0, fmt.Errorf("topic: put %s: the key is empty", t.topic)
	case value != nil && !jsontext.Value(value).IsValid():
		return 0, fmt.Errorf("topic: put %s: the value is not JSON", t.topic)
	case value != nil && t.full(key, value):
		return 0, fmt.Errorf("topic: put %s: %w: the table holds %d MiB, which is all it may", t.topic, ErrTooLarge, maxTableBytes>>20)
	}
	rec := Record{Topic: t.topic, Key: []byte(key), Value: slices.Clone(value), Headers: []Header{{HeaderWire, []byte(versions[t.kind])}}}
	at, err := t.c.publish(ctx, []Record{rec})
	if err != nil {
		return 0, err
	}
	return at[0], t.await(ctx, at[0])
}

func (t *Table) full(key string, value []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.entries[key]
	return t.bytes-len(old.Value)+len(key)+len(value) > maxTableBytes
}

// await returns once the view has passed offset.
func (t *Table) await(ctx context.Context, offset int64) error {
	for {
		t.mu.Lock()
		next, moved := t.next, t.moved
		t.mu.Unlock()
		if next > offset {
			return nil
		}
		select {
		case <-moved:
		case <-t.done:
			return fmt.Errorf("topic: table %s is closed: %w", t.topic, ErrClosed)
		case <-ctx.Done():
			return fmt.Errorf("topic: put %s: written, but not yet shown: %w", t.topic, context.Cause(ctx))
		}
	}
}

// Watch calls fn for every change from now on, in order, until stop is called. After a reset of the log a key may be repeated.
// fn is called by a goroutine of its own and may be slow.
func (t *Table) Watch(fn func(Entry)) (stop func()) {
	w := &watcher{fn: fn, wake: make(chan struct{}, 1)}
	t.mu.Lock()
	t.watch[w] = struct{}{}
	t.mu.Unlock()
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		w.run(quit, t.done)
	}()
	return sync.OnceFunc(func() {
		t.mu.Lock()
		delete(t.watch, w)
		t.mu.Unlock()
		close(quit)
		<-ended
	})
}

func (w *watcher) push(e Entry) {
	w.mu.Lock()
	w.queue = append(w.queue, e)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watcher) run(quit, done <-chan struct{}) {
	for {
		select {
		case <-quit:
			return
		case <-done:
			return
		case <-w.wake:
		}
		w.mu.Lock()
		batch := w.queue
		w.queue = nil
		w.mu.Unlock()
		for _, e := range batch {
			select {
			case <-quit:
				return
			default:
				w.fn(e)
			}
		}
	}
}
