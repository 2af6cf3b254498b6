package pinterest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

// partner answers as Pinterest does: the whole list by bookmark, with an empty page that has a next one and a Pin that two pages hold.
func partner(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-RateLimit-Remaining", "99")
		w.Header().Set("X-RateLimit-Reset", "1")
		q := r.URL.Query()
		switch {
		case r.Header.Get("Authorization") != "Bearer "+sourcestest.Secret:
			http.Error(w, `{"code":2,"message":"Authentication failed."}`, http.StatusUnauthorized)
			return
		case r.URL.Path != "/v5/search/partner/pins" || q.Get("term") != "Exampleford" || q.Get("country_code") != "GB" || q.Get("limit") != "50":
			http.Error(w, `{"code":1,"message":"Invalid request."}`, http.StatusBadRequest)
			return
		}
		skip, _ := strconv.Atoi(strings.TrimPrefix(q.Get("bookmark"), "b"))
		list := c.Newest(max(0, skip-1), 51)
		bookmark := fmt.Sprintf(`"b%d"`, skip+50)
		switch {
		case q.Get("bookmark") == "b100":
			list, bookmark = nil, `"b0100"`
		case skip+50 >= c.Len():
			bookmark = "null"
		}
		var pins []string
		for _, s := range list {
			pins = append(pins, fmt.Sprintf(`{"id":"%d","title":"Exampleford market day","description":%q,"link":"https://blog.example.org/market","alt_text":null,
				"media":{"media_type":"image","images":{"600x":{"width":600,"height":400,"url":"https://i.pinimg.example/%d.jpg"}}}}`, 900_000_000_000_000_000+s.N, s.Text, s.N))
		}
		fmt.Fprintf(w, `{"items":[%s],"bookmark":%s}`, strings.Join(pins, ","), bookmark)
	})
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"term": "Exampleford", "tier": "standard"},
	Keys:      map[string]string{"access_token": sourcestest.Secret},
	Serve:     partner,
	ID:        func(n int) string { return fmt.Sprintf("pinterest:%d", 900_000_000_000_000_000+n) },
	Page:      pageSize,
	Asks:      []string{"/v5/oauth/token"},
	Throttled: func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.Itoa(int(time.Until(until).Round(time.Second)/time.Second)))
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"code":8,"message":"You have exceeded your rate limit. Try again later."}`)
	}, Until: until,
	WrongType: `{"items":[{"id":9}],"bookmark":null}`,
	Edits:     true, NoMark: true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Title != "Exampleford market day" || m.Permalink != "https://www.pinterest.com/pin/900000000000000001/" || m.Links[0] != "https://blog.example.org/market" ||
			m.Media[0].URL != "https://i.pinimg.example/1.jpg" || !m.CreatedAt.IsZero() {
			t.Errorf("got %+v", m)
		}
	},
}

func TestPinterest(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestFirstSeenIsTheTime(t *testing.T) {
	var p pin
	if err := json.Unmarshal([]byte(`{"id":"900000000000000001","title":"Exampleford market day","description":"Stalls outside Exampleford District Council offices",
		"link":"https://blog.example.org/market","alt_text":null,"media":{"media_type":"video"}}`), &p); err != nil {
		t.Fatal(err)
	}
	m, now := p.mention(), time.Now().UTC()
	sources.Normalise(&m, now)
	if m.CreatedPrecision != "indexed" || !m.CreatedAt.Equal(now) || m.Kind != sources.Video || m.Text != "Stalls outside Exampleford District Council offices" {
		t.Errorf("got %+v", m)
	}
}

func TestTheBetaIsNotAllowed(t *testing.T) {
	p := sourcestest.NewPlatform(t, partner(sourcestest.Fill(3)))
	p.Break(sourcestest.Status(403))
	if _, _, err := peer.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "beta") {
		t.Errorf("got %v", err)
	}
}

func TestTiers(t *testing.T) {
	for tier, want := range map[string]int{"": trialPerDay, "trial": trialPerDay, "standard": 0} {
		src, err := New(settings.Source{Options: map[string]string{"term": "x", "tier": tier}}, sources.Deps{})
		if err != nil || src.(*search).PerDay != want {
			t.Errorf("%q: %v %v", tier, src, err)
		}
	}
	if _, err := New(settings.Source{}, sources.Deps{}); err == nil {
		t.Error("no term is taken")
	}
}
