package gdelt

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

func TestMain(m *testing.M) {
	spacing.SetLimit(rate.Inf)
	os.Exit(m.Run())
}

func seen(t time.Time) time.Time { return t.Truncate(15 * time.Minute) }

// index answers as GDELT does: newest first, 250 at most, within a span or a window, {} for nothing; and it is the paper too.
func index(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "news.example.co.uk" {
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/exampleford-"))
			if s, ok := c.One(n); !ok || s.Gone {
				w.WriteHeader(http.StatusGone)
			}
			return
		}
		q := r.URL.Query()
		from, to := time.Time{}, time.Now().Add(100*time.Hour)
		if span, ok := strings.CutSuffix(q.Get("timespan"), "min"); ok {
			n, _ := strconv.Atoi(span)
			from = time.Now().Add(-time.Duration(n) * time.Minute)
		} else {
			from, _ = time.Parse(clock, q.Get("startdatetime"))
			to, _ = time.Parse(clock, q.Get("enddatetime"))
		}
		var list []string
		for _, one := range c.Until(seen(to).Add(15*time.Minute-1), pageSize) {
			if !seen(one.At).Before(seen(from)) && !one.Gone {
				list = append(list, articleOf(one))
			}
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		if len(list) == 0 {
			fmt.Fprint(w, `{}`)
			return
		}
		fmt.Fprintf(w, `{"articles":[%s]}`, strings.Join(list, ","))
	})
}

func articleOf(s sourcestest.Shown) string {
	return fmt.Sprintf(`{"url":"https://news.example.co.uk/exampleford-%d","url_mobile":"","title":%q,"seendate":"%s","socialimage":"https://news.example.co.uk/a.jpg",
		"domain":"news.example.co.uk","language":"English","sourcecountry":"United Kingdom"}`, s.N, s.Text, seen(s.At).UTC().Format("20060102T150405Z"))
}

func text(status int, s string) sourcestest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, s)
	}
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"query": `"Exampleford District Council"`},
	Serve:     index,
	ID: func(n int) string {
		a := article{URL: fmt.Sprintf("https://news.example.co.uk/exampleford-%d", n)}
		return a.mention().ID
	},
	Page:      pageSize,
	Backlog:   100_000, // of a quarter of an hour 250 are shown
	Bare:      text(429, "Please limit requests to one every 5 seconds or contact us for larger queries."),
	WrongType: `{"articles":[{"url":7}]}`,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Article || m.CreatedPrecision != "indexed" || m.Author.Name != "news.example.co.uk" || m.Lang != "en" || !m.Truncated ||
			m.Permalink != "https://news.example.co.uk/exampleford-1" || m.MatchedBy[0] != `keyword:"Exampleford District Council"` || m.Media[0].URL == "" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestGDELT(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func read(t *testing.T, f sourcestest.Fault) (*search, []sources.Mention, error) {
	t.Helper()
	p := sourcestest.NewPlatform(t, index(sourcestest.Fill(3)))
	p.Break(f)
	x := peer.Source(t, p).(*search)
	ms, _, err := x.Next(t.Context(), "")
	p.Fired(t, 1)
	return x, ms, err
}

// GDELT says in words what others say by a status.
func TestSentences(t *testing.T) {
	for s, stop := range map[string]bool{
		"The specified phrase is too short.":                   true,
		"Your query was too short or too long.":                true,
		"Timespan is too short.":                               true,
		"One or more of your keywords were too common.":        true,
		"The server is currently busy, please try again later": false,
	} {
		if _, _, err := read(t, text(200, s)); err == nil || errors.Is(err, sources.ErrStop) != stop {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// Patience doubles up to half an hour, and starts again after an answer.
func TestPatience(t *testing.T) {
	x, _, err := read(t, text(200, "Please limit requests to one every 5 seconds"))
	now := time.Now()
	x.Poller.Now = func() time.Time { return now }
	var w *sources.Wait
	if !errors.As(err, &w) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []time.Duration{2, 4, 8, 16, 30, 30} {
		if !errors.As(x.patience(), &w) || w.Until.Sub(now) != want*time.Minute {
			t.Errorf("waits %v, want %v min", w.Until.Sub(now), want)
		}
	}
	if _, _, err := x.Next(t.Context(), ""); err != nil || x.wait != patience {
		t.Errorf("after an answer it would wait %v, %v", x.wait, err)
	}
}

// The reference's sample, with a control character in a title and the same article under three addresses.
func TestSample(t *testing.T) {
	const form = `{"url":%q,"url_mobile":"","title":"Exampleford District Council %ssets budget , again","seendate":"%s","socialimage":"","domain":"news.example.co.uk","language":"Welsh","sourcecountry":"United Kingdom"}`
	at := time.Now().Add(-time.Hour).UTC().Format("20060102T150405Z")
	var list []string
	for _, u := range []string{"https://news.example.co.uk/budget?utm_source=x#top", "https://amp.news.example.co.uk/budget/amp/?amp=1", "https://news.example.co.uk/copy"} {
		list = append(list, fmt.Sprintf(form, u, "\x01", at))
	}
	_, ms, err := read(t, sourcestest.Body("application/json", `{"articles":[`+strings.Join(list, ",")+`]}`))
	if err != nil || len(ms) != 1 {
		t.Fatalf("got %+v, %v", ms, err)
	}
	if m := ms[0]; m.Title != "Exampleford District Council sets budget, again" || m.Permalink != "https://news.example.co.uk/budget" || m.Lang != "cy" {
		t.Errorf("got %+v", m)
	}
}

func TestBefore(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC)
	if got := before(at, ""); got != "20261120081500" {
		t.Error(got)
	}
	if got := before(at, "20261120081500"); got != "20261120081459" {
		t.Error(got)
	}
}

// A paper that does not let us look says nothing about its article.
func TestRefusedRecheck(t *testing.T) {
	p := sourcestest.NewPlatform(t, index(sourcestest.Fill(1)))
	p.Break(sourcestest.Status(403))
	ms, err := peer.Source(t, p).(sources.Rechecker).Recheck(t.Context(), []sources.Mention{{ID: peer.ID(1), Permalink: "https://news.example.co.uk/exampleford-1"}})
	if err != nil || len(ms) != 0 {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(settings.Source{}, sources.Deps{}); err == nil {
		t.Error("a source without a query was taken")
	}
	for country, want := range map[string]string{"": "x sourcecountry:UK", "any": "x"} {
		src, err := New(settings.Source{Options: map[string]string{"query": "x", "country": country}}, sources.Deps{})
		if err != nil || src.(*search).query != want {
			t.Errorf("%q: %v", country, err)
		}
	}
}
