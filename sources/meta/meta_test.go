package meta_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/meta"
	"earshot/sources/meta/metatest"
	"earshot/sources/sourcestest"
)

// answer is an http.RoundTripper that gives one answer for ever.
type answer struct {
	status int
	header http.Header
	body   string
	asked  int
}

func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	a.asked++
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r}, nil
}

func client(a *answer) *meta.Client {
	d := sources.Deps{
		Client: func(settings.Source) *http.Client { return &http.Client{Transport: a} },
		Secret: func(context.Context, string, string) (string, error) { return sourcestest.Secret, nil },
	}
	return meta.NewClient(settings.Source{ID: "s"}, d, meta.Config{Name: "Facebook", Base: "https://graph.example/v26.0", Permissions: "pages_read_engagement"})
}

func get(t *testing.T, c *meta.Client) error {
	t.Helper()
	var out meta.List[struct{}]
	err := c.Get(t.Context(), "1/tagged", url.Values{}, &out)
	sourcestest.CheckSecret(t, err)
	return err
}

// The code says what is wrong, whatever the status claims.
func TestCodes(t *testing.T) {
	for _, status := range []int{200, 400, 403, 500} {
		for _, c := range []struct {
			code, subcode int
			more, want    string
		}{
			{code: 4, want: "wait"}, {code: 17, want: "wait"}, {code: 32, want: "wait"}, {code: 613, want: "wait"}, {code: 80001, want: "wait"}, {code: 80002, want: "wait"},
			{code: 1, want: "again"}, {code: 2, want: "again"}, {code: 368, more: `,"is_transient":true`, want: "again"},
			{code: 190, subcode: 463, want: "stop"}, {code: 10, want: "stop denied"}, {code: 200, want: "stop denied"}, {code: 299, want: "stop denied"},
			{code: 100, want: "stop"}, {code: 100, subcode: 33, want: "stop gone"},
		} {
			err := get(t, client(&answer{status: status, body: fmt.Sprintf(`{"error":{"message":"about %s","type":"OAuthException","code":%d,"error_subcode":%d%s}}`, sourcestest.Secret, c.code, c.subcode, c.more)}))
			if got := kindOf(err); got != c.want {
				t.Errorf("status %d, code %d/%d: %s (%v), want %s", status, c.code, c.subcode, got, err, c.want)
			}
		}
	}
}

func kindOf(err error) (kind string) {
	var w *sources.Wait
	var f *sources.Fault
	switch {
	case errors.As(err, &w):
		return "wait"
	case errors.As(err, &f):
		return "again"
	case errors.Is(err, sources.ErrStop):
		kind = "stop"
	}
	if errors.Is(err, meta.ErrGone) {
		kind += " gone"
	}
	if errors.Is(err, meta.ErrDenied) {
		kind += " denied"
	}
	return kind
}

func TestSeen(t *testing.T) {
	for code, passes := range map[int]bool{10: true, 190: false, 4: false} {
		err := get(t, client(&answer{status: 400, body: fmt.Sprintf(`{"error":{"code":%d}}`, code)}))
		if got := meta.Seen(err) == nil; got != passes {
			t.Errorf("code %d: passed over is %v", code, got)
		}
	}
}

// Requests are spaced out when much of the quota is used, and held back when nearly all of it is.
func TestUsage(t *testing.T) {
	for _, c := range []struct {
		name, header, value string
		pause, stop         time.Duration
	}{
		{"little", "X-App-Usage", `{"call_count":28,"total_time":25,"total_cputime":25}`, 0, 0},
		{"much", "X-App-Usage", `{"call_count":28,"total_time":85,"total_cputime":25}`, 20 * time.Second, 0},
		{"an older header", "X-Page-Usage", `{"call_count":80,"total_time":1,"total_cputime":1}`, 10 * time.Second, 0},
		{"nearly all", "X-App-Usage", `{"call_count":96,"total_time":25,"total_cputime":25}`, 0, 10 * time.Minute},
		{"one of two businesses", "X-Business-Use-Case-Usage", `{"1":[{"type":"pages","call_count":2}],"2":[{"type":"instagram","call_count":99,"estimated_time_to_regain_access":7}]}`, 0, 7 * time.Minute},
		{"nonsense", "X-App-Usage", `{"call_count":"all of it"}`, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &answer{status: 200, header: http.Header{c.header: {c.value}}, body: `{"data":[]}`}
				x := client(a)
				if err := get(t, x); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err := get(t, x)
				var w *sources.Wait
				switch {
				case c.stop > 0 && (!errors.As(err, &w) || a.asked != 1 || w.Until.Sub(began).Round(time.Second) < c.stop):
					t.Errorf("got %v after %d requests, want a wait of %v", err, a.asked, c.stop)
				case c.stop == 0 && (err != nil || a.asked != 2 || time.Since(began) != c.pause):
					t.Errorf("got %v after %v, want a pause of %v", err, time.Since(began), c.pause)
				}
			})
		})
	}
}

func TestAfter(t *testing.T) {
	for in, want := range map[string]string{
		`{"data":[],"paging":{"cursors":{"before":"a","after":"b"}}}`:                                         "",
		`{"data":[],"paging":{"cursors":{"before":"a","after":"b"},"next":"https://graph.example/?after=b"}}`: "b",
		`{"data":[],"paging":{"next":"https://graph.example/1/feed?access_token=x&limit=25&after=c"}}`:        "c",
		`{"data":[]}`: "",
	} {
		var l meta.List[struct{}]
		if err := json.Unmarshal([]byte(in), &l); err != nil || l.After() != want {
			t.Errorf("%s: %q, %v", in, l.After(), err)
		}
	}
}

func TestTimesAndIDs(t *testing.T) {
	for in, want := range map[string]string{
		`{"t":"2026-11-20T08:15:30+0000","id":"17841400000000001"}`: "2026-11-20T08:15:30Z 17841400000000001",
		`{"t":"2026-11-20T10:15:30+0200","id":17841400000000001}`:   "2026-11-20T08:15:30Z 17841400000000001",
		`{"t":"2026-11-20T08:15:30Z","id":null}`:                    "2026-11-20T08:15:30Z ",
		`{"t":1795162590}`:                                          "2026-11-20T08:16:30Z ",
	} {
		var v struct {
			T  meta.Time `json:"t"`
			ID meta.ID   `json:"id"`
		}
		if err := json.Unmarshal([]byte(in), &v); err != nil || v.T.Format(time.RFC3339)+" "+string(v.ID) != want {
			t.Errorf("%s: %s %s, %v", in, v.T.Format(time.RFC3339), v.ID, err)
		}
	}
	for _, in := range []string{`{"t":"soon"}`, `{"id":1.5}`, `{"id":{}}`} {
		var v struct {
			T  meta.Time `json:"t"`
			ID meta.ID   `json:"id"`
		}
		if json.Unmarshal([]byte(in), &v) == nil {
			t.Errorf("%s is taken", in)
		}
	}
}

func item(n int, at time.Time) sources.Item {
	return sources.Item{Mention: sources.Mention{ID: fmt.Sprint("facebook:", n), Platform: "facebook", Text: fmt.Sprint("text ", n), CreatedAt: at}}
}

// A failure in the middle of a round is asked again from where it failed, and no list ends another.
func TestRound(t *testing.T) {
	now := time.Now()
	fail := true
	comments := func(_ context.Context, since time.Time, after string) (meta.Piece, error) {
		if after == "" {
			return meta.Piece{Items: []sources.Item{item(5, now)}, Next: "more"}, nil
		}
		if fail {
			fail = false
			return meta.Piece{}, errors.New("broken")
		}
		return meta.Piece{Items: []sources.Item{item(6, now.Add(-time.Minute)), item(7, now.Add(-3*time.Hour))}, Next: "old"}.Done(since), nil
	}
	r := meta.Round{Start: func() []meta.Part {
		return []meta.Part{
			func(_ context.Context, since time.Time, after string) (meta.Piece, error) {
				return meta.Piece{Items: []sources.Item{item(1, now), item(2, now.Add(-2*time.Hour))}, Next: "old"}.Done(since), nil
			},
			func(context.Context, time.Time, string) (meta.Piece, error) {
				return meta.Piece{Also: []meta.Part{comments}}, nil
			},
		}
	}}
	q := sources.PageRequest{Since: now.Add(-time.Hour)}
	var got []string
	for failures := 0; ; {
		p, err := r.Fetch(t.Context(), q)
		if err != nil {
			if failures++; failures > 1 {
				t.Fatal(err)
			}
			continue
		}
		for _, it := range p.Items {
			got = append(got, it.Mention.ID)
		}
		if q.Token = p.Next; q.Token == "" {
			break
		}
	}
	if s := strings.Join(got, " "); s != "facebook:1 facebook:5 facebook:6" || fail {
		t.Errorf("got %s", s)
	}
}

// What lies further back than a list goes is not called deleted.
func TestListed(t *testing.T) {
	now := time.Now().UTC()
	held := []sources.Mention{item(1, now).Mention, item(2, now.Add(-time.Hour)).Mention, item(3, now.Add(-2*time.Hour)).Mention, item(4, now.Add(-900*time.Hour)).Mention}
	pages := 0
	got, err := meta.Listed(t.Context(), func(_ context.Context, after string) (meta.Piece, error) {
		pages++
		it := item(100+pages, now.Add(-time.Duration(pages)*4*time.Hour))
		if pages == 1 {
			it, _ = item(2, now.Add(-time.Hour)), 0
			it.Mention.Text = "other words"
		}
		return meta.Piece{Items: []sources.Item{it}, Next: fmt.Sprint(pages)}, nil
	}, held, now)
	if err != nil || len(got) != 3 || got[0].ID != "facebook:1" || got[0].State != sources.Deleted || got[1].State != sources.Edited || got[2].ID != "facebook:3" || got[2].State != sources.Deleted {
		t.Errorf("got %+v, %v", got, err)
	}
	if pages < 20 || pages > 100 {
		t.Errorf("%d pages were read", pages)
	}
	if _, err := meta.Listed(t.Context(), func(context.Context, string) (meta.Piece, error) { return meta.Piece{}, errors.New("broken") }, held, now); err == nil {
		t.Error("a list that cannot be read gives no error")
	}
}

func TestHook(t *testing.T) {
	d := sources.Deps{Secret: func(_ context.Context, _, name string) (string, error) { return metatest.Keys[name], nil }}
	rec := &meta.Hook{Source: "s", Deps: d, Read: func(_ context.Context, e meta.Event) ([]sources.Mention, error) {
		if e.Field == "hologram" {
			return nil, nil
		}
		return []sources.Mention{{ID: "x:" + e.Object + "/" + e.Account + "/" + e.Field + "/" + string(e.Value)}}, nil
	}}
	metatest.Hook(t, rec, `{"object":"page","entry":[{"id":"1","time":1795162600,"changes":[{"field":"feed","value":{"a":1}}]}]}`)
	for body, want := range map[string]string{
		`{"object":"instagram","entry":[{"id":1,"time":1795162600,"field":"comments","value":{"id":"2"}}]}`:  `x:instagram/1/comments/{"id":"2"}`,
		`{"app_id":"1","topic":"interaction","target_id":"9","values":{"field":"mentions","value":{}}}`:      `x:/9/mentions/{}`,
		`{"object":"page","entry":[{"id":"1","messaging":[{"message":{"text":"private"}}]}]}`:                ``,
		`{"object":"page","entry":[{"id":"1","changes":[{"field":"messages","value":{"text":"private"}}]}]}`: ``,
		`{"object":"page","entry":[]}`: ``,
	} {
		var got string
		for _, m := range metatest.Receive(t, rec, body) {
			got += m.ID
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
	keyless := &meta.Hook{Source: "s", Read: rec.Read}
	if _, err := keyless.Receive(t.Context(), &http.Request{Method: http.MethodPost, Header: http.Header{"X-Hub-Signature-256": {"sha256="}}}, nil); err == nil {
		t.Error("without an app secret everything is let in")
	}
}
