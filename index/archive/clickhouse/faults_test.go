package clickhouse_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"earshot/casework"
	"earshot/classify"
	"earshot/index/archive"
	"earshot/index/archive/clickhouse"
	"earshot/index/indextest"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// faulty is a ClickHouse server that fails one insert: the one before which `left` runs out. It fails it before the server sees it, or
// after: then the insert was made and only its answer is lost.
type faulty struct {
	proxy *httputil.ReverseProxy
	left  atomic.Int64
	after atomic.Bool
	fired atomic.Int64
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Query().Get("query"), "INSERT") || f.left.Add(-1) != 0 {
		f.proxy.ServeHTTP(w, r)
		return
	}
	f.fired.Add(1)
	if f.after.Load() {
		f.proxy.ServeHTTP(httptest.NewRecorder(), r)
	}
	http.Error(w, "Code: 999. DB::Exception: injected. (KEEPER_EXCEPTION)", http.StatusInternalServerError)
}

// behindFaults opens a fresh database through a faulty server.
func behindFaults(t *testing.T) (*clickhouse.Store, *faulty) {
	t.Helper()
	real, err := url.Parse(freshDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{proxy: httputil.NewSingleHostReverseProxy(&url.URL{Scheme: real.Scheme, Host: real.Host})}
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	through := *real
	through.Host = strings.TrimPrefix(srv.URL, "http://")
	return open(t, through.String()), f
}

// TestInterrupted fails every insert of a history in turn, before and after the server made it, and repeats the call as the log would.
// The record ends as one that met no fault.
func TestInterrupted(t *testing.T) {
	history := func() ([][]classify.Tagged, []casework.Event) {
		first := indextest.Sample(7, 5)
		second, third := edit(first, "edited"), edit(first, "edited again")
		third[2].Mention = sources.Mention{ID: first[2].Mention.ID, Platform: first[2].Mention.Platform, State: sources.Deleted, At: first[2].Mention.FetchedAt.AddDate(0, 0, 1)}
		var events []casework.Event
		for i, t := range first {
			events = append(events, casework.Event{ID: "e" + string(rune('a'+i)), Mention: t.Mention.ID, Type: casework.Escalated, At: t.Mention.CreatedAt})
		}
		return [][]classify.Tagged{first, second, third}, events
	}
	batches, events := history()
	reference := open(t, freshDatabase(t))
	for _, b := range batches {
		put(t, reference, b)
	}
	if _, err := reference.PutEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	want := dump(t, reference)

	for _, after := range []bool{false, true} {
		s, f := behindFaults(t)
		f.after.Store(after)
		fails := 0
		retry := func(call func() error) {
			t.Helper()
			for nth := int64(1); ; nth++ { // the first insert fails, then the second, until a call has fewer than nth
				f.left.Store(nth)
				err := call()
				if err == nil {
					f.left.Store(0)
					return
				}
				if !strings.Contains(err.Error(), "injected") {
					t.Fatal(err)
				}
				fails++
			}
		}
		for _, b := range batches {
			retry(func() error { _, err := s.PutTagged(t.Context(), b); return err })
		}
		retry(func() error { _, err := s.PutEvents(t.Context(), events); return err })
		if got := dump(t, s); got != want {
			t.Fatalf("answers lost after: %v\n got %s\nwant %s", after, got, want)
		}
		if fails < 6 || int64(fails) != f.fired.Load() {
			t.Fatalf("%d faults fired, %d were seen", f.fired.Load(), fails)
		}
	}
}

func edit(in []classify.Tagged, text string) []classify.Tagged {
	out := make([]classify.Tagged, len(in))
	for i, t := range in {
		t.Mention.Text, t.Mention.EditedAt = text, t.Mention.FetchedAt.AddDate(0, 0, len(text))
		t.Verdict.Version = t.Mention.Version()
		out[i] = t
	}
	return out
}

func put(t *testing.T, s archive.Store, batch []classify.Tagged) {
	t.Helper()
	if _, err := s.PutTagged(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

// dump is everything in the record as text.
func dump(t *testing.T, s archive.Store) string {
	t.Helper()
	system := casework.Viewer{Role: casework.System}
	recs, _, err := s.Scan(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if len(recs) == 0 {
		t.Fatal("the record is empty")
	}
	var all []any
	for _, rec := range recs {
		rec, err := s.Get(t.Context(), system, rec.Mention.ID)
		if err != nil {
			t.Fatal(err)
		}
		versions, err := s.Versions(t.Context(), system, rec.Mention.ID)
		if err != nil {
			t.Fatal(err)
		}
		verdicts, err := s.Verdicts(t.Context(), system, rec.Mention.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rec, versions, verdicts)
	}
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	st.Bytes = 0
	b, err := json.Marshal(append(all, st), json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNoPasswordInErrors(t *testing.T) {
	for _, dsn := range []string{"http://user:hunter2@127.0.0.1:1/db", "clickhouse://user:hunter2@127.0.0.1:1/db", "http://user:hunter2@[bad/db", "user:hunter2"} {
		s, err := clickhouse.Open(t.Context(), clickhouse.Config{DSN: dsn})
		if err == nil {
			s.Close()
			t.Fatalf("%s was opened", dsn)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	if _, err := clickhouse.Open(t.Context(), clickhouse.Config{}); err == nil || !strings.Contains(err.Error(), "EARSHOT_CLICKHOUSE_DSN") {
		t.Errorf("%v", err)
	}
}
