package trustpilot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const unit = "000000000000000000000001"

// profile answers as Trustpilot does: the profile by its domain, its reviews by page, one review.
func profile(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("apikey") != sourcestest.Secret {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"message":"Invalid ApiKey"}`)
			return
		}
		q := r.URL.Query()
		switch {
		case r.URL.Path == "/v1/business-units/find" && q.Get("name") == "exampleford.gov.example":
			fmt.Fprintf(w, `{"id":%q,"displayName":"Exampleford District Council"}`, unit)
		case r.URL.Path == "/v1/business-units/"+unit+"/reviews" && q.Get("orderBy") == "createdat.desc":
			page, _ := strconv.Atoi(q.Get("page"))
			list := c.Newest((page-1)*100, 100)
			var reviews []string
			for _, s := range list {
				if !s.Gone {
					reviews = append(reviews, reviewOf(s))
				}
			}
			links := ""
			if page*100 < c.Len() {
				links = fmt.Sprintf(`{"href":"https://api.trustpilot.com/v1/business-units/%s/reviews?page=%d","method":"GET","rel":"next-page"}`, unit, page+1)
			}
			fmt.Fprintf(w, `{"links":[%s],"reviews":[%s]}`, links, strings.Join(reviews, ","))
		default:
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/v1/reviews/"))
			if s, ok := c.One(n); ok && !s.Gone {
				fmt.Fprint(w, reviewOf(s))
				return
			}
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"Not found"}`)
		}
	})
}

func reviewOf(s sourcestest.Shown) string {
	updated := "null"
	if !s.Edited.IsZero() {
		updated = strconv.Quote(s.Edited.Format(time.RFC3339))
	}
	return fmt.Sprintf(`{"links":[],"id":"%024d","consumer":{"id":"000000000000000000000003","displayName":"Jo Resident","numberOfReviews":2},"businessUnit":{"id":%q},"stars":2,"title":"Council tax line",
		"text":%q,"language":"en","createdAt":%q,"updatedAt":%s,"experiencedAt":"2026-11-19T00:00:00Z","companyReply":{"text":"Sorry, Jo.","createdAt":"2026-11-20T10:00:00Z"},
		"isVerified":false,"numberOfLikes":0}`, s.N, unit, s.Text, s.At.Format(time.RFC3339), updated)
}

var until = time.Now().Add(90 * time.Second).Truncate(time.Second)

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"domain": "exampleford.gov.example"},
	Keys:      map[string]string{"api_key": sourcestest.Secret, "hook_key": "a-long-word"},
	Serve:     profile,
	ID:        func(n int) string { return fmt.Sprintf("trustpilot:%024d", n) },
	Page:      pageSize,
	Throttled: sourcestest.Status(429, "Retry-After", until.UTC().Format(http.TimeFormat)), Until: until,
	WrongType: `{"links":[],"reviews":[{"id":"1","stars":"two"}]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Review || m.Title != "Council tax line" || m.Author.Name != "Jo Resident" || m.Engagement["rating"] != 2 || m.Lang != "en" ||
			m.ThreadID != "trustpilot:"+unit || m.Permalink != "https://www.trustpilot.com/reviews/000000000000000000000001" || m.State != "" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestTrustpilot(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestThread(t *testing.T) {
	src := peer.Source(t, sourcestest.NewPlatform(t, profile(sourcestest.Fill(1))))
	ms, err := src.(sources.Threader).Thread(t.Context(), sources.Mention{ID: peer.ID(1)})
	if err != nil || len(ms) != 1 || ms[0].ParentID != peer.ID(1) || ms[0].Text != "Sorry, Jo." {
		t.Errorf("got %+v, %v", ms, err)
	}
}

// An old review that is edited is seen when it is among the newest hundred.
func TestOldEdit(t *testing.T) {
	c := sourcestest.Fill(0)
	c.Add(time.Now().Add(-20*24*time.Hour), "Exampleford was slow")
	c.Add(time.Now(), "Exampleford was quick")
	src := peer.Source(t, sourcestest.NewPlatform(t, profile(c)))
	_, after, err := src.Next(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	c.Change(1, func(s *sourcestest.Shown) {
		s.Text, s.Edited = "Exampleford mended it", time.Now().UTC().Truncate(time.Second)
	})
	ms, _, err := src.Next(t.Context(), after)
	if err != nil || len(ms) != 1 || ms[0].State != sources.Edited {
		t.Errorf("got %+v, %v", ms, err)
	}
}

// A push is a hint: what it names is read from the API.
func TestPush(t *testing.T) {
	c := sourcestest.Fill(2)
	c.Change(2, func(s *sourcestest.Shown) { s.Gone = true })
	p := sourcestest.NewPlatform(t, profile(c))
	rec, err := NewReceiver(settings.Source{ID: "tp", Options: peer.Options}, sources.Deps{
		Client: func(settings.Source) *http.Client { return p.Anywhere() },
		Secret: func(_ context.Context, _, name string) (string, error) { return peer.Keys[name], nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"events":[{"eventName":"service-review-created","version":"1.0","eventData":{"id":"000000000000000000000001","text":"not what it says"}},
		{"eventName":"something-new","eventData":{"id":"9"}},{"eventName":"service-review-deleted","eventData":{"id":"000000000000000000000002"}}]}`
	send := func(query, body string) (sources.Delivery, error) {
		return rec.Receive(t.Context(), httptest.NewRequest(http.MethodPost, "/hooks/tp"+query, strings.NewReader(body)), []byte(body))
	}
	d, err := send("?key=a-long-word", body)
	if err != nil || len(d.Mentions) != 2 || d.Mentions[0].ID != peer.ID(1) || !strings.HasPrefix(d.Mentions[0].Text, "Exampleford") || d.Mentions[1].State != sources.Deleted {
		t.Errorf("got %+v, %v", d, err)
	}
	for _, query := range []string{"", "?key=", "?key=another"} {
		if _, err := send(query, body); !errors.Is(err, sources.ErrForged) {
			t.Errorf("%q: %v", query, err)
		}
	}
	if _, err := send("?key=a-long-word", "hello"); err == nil || errors.Is(err, sources.ErrForged) {
		t.Errorf("rubbish gives %v", err)
	}
	p.Break(sourcestest.Status(500))
	if d, err := send("?key=a-long-word", body); err == nil {
		t.Errorf("a platform in trouble gives %+v", d)
	}
}

func TestNoProfile(t *testing.T) {
	x := peer
	x.Options = map[string]string{"domain": "nowhere.example"}
	if _, _, err := x.Source(t, sourcestest.NewPlatform(t, profile(sourcestest.Fill(1)))).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "no profile") {
		t.Errorf("got %v", err)
	}
	if _, err := New(settings.Source{}, sources.Deps{}); err == nil {
		t.Error("a source without a domain was taken")
	}
}
