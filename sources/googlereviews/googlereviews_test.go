package googlereviews

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/sourcestest"
)

const place = "accounts/100000000000000000001/locations/200000000000000001"

func refuse(w http.ResponseWriter, code int, status string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"error":{"code":%d,"message":"no","status":%q}}`, code, status)
}

func fault(code int, status string) sourcestest.Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { refuse(w, code, status) }
}

// profile answers as Google does: tokens, the reviews of one place by last change, one review, the place.
func profile(c *sourcestest.Content) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		switch {
		case r.Host == "oauth2.googleapis.com":
			if r.ParseForm() != nil || r.PostForm.Get("refresh_token") != sourcestest.Secret || r.PostForm.Get("grant_type") != "refresh_token" {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"error":"invalid_grant"}`)
				return
			}
			fmt.Fprint(w, `{"access_token":"ya29.example","expires_in":3599,"token_type":"Bearer"}`)
		case r.Header.Get("Authorization") != "Bearer ya29.example":
			refuse(w, 401, "UNAUTHENTICATED")
		case r.URL.Path == "/v1/locations/200000000000000001":
			fmt.Fprint(w, `{"metadata":{"mapsUri":"https://maps.google.com/maps?cid=1"}}`)
		case r.URL.Path == "/v4/"+place+"/reviews":
			skip, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Query().Get("pageToken"), "EXAMPLEtoken"))
			list := c.Newest(skip, 50)
			var reviews []string
			for _, s := range list {
				reviews = append(reviews, reviewOf(s))
			}
			next := ""
			if skip+len(list) < c.Len() {
				next = fmt.Sprintf(`,"nextPageToken":"EXAMPLEtoken%d"`, skip+len(list))
			}
			fmt.Fprintf(w, `{"reviews":[%s],"averageRating":3.4,"totalReviewCount":%d%s}`, strings.Join(reviews, ","), c.Len(), next)
		default:
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/v4/"+place+"/reviews/AbEXAMPLE"))
			if s, ok := c.One(n); ok && !s.Gone {
				fmt.Fprint(w, reviewOf(s))
				return
			}
			refuse(w, 404, "NOT_FOUND")
		}
	})
}

func reviewOf(s sourcestest.Shown) string {
	updated := s.At
	if !s.Edited.IsZero() {
		updated = s.Edited
	}
	return fmt.Sprintf(`{"name":"%s/reviews/AbEXAMPLE%d","reviewId":"AbEXAMPLE%d","reviewer":{"displayName":"Jo Resident","profilePhotoUrl":"https://lh3.example.org/a/photo"},
		"starRating":"TWO","comment":%q,"createTime":%q,"updateTime":%q,"reviewReply":{"comment":"Sorry, Jo. A second lane opens on Monday.","updateTime":"2026-11-20T10:00:00Z"}}`,
		place, s.N, s.N, s.Text, s.At.Format(time.RFC3339Nano), updated.Format(time.RFC3339Nano))
}

var peer = sourcestest.Peer{
	Connector: Connector,
	Options:   map[string]string{"locations": place},
	Keys:      map[string]string{"client_id": "id", "client_secret": "secret", "refresh_token": sourcestest.Secret},
	Serve:     profile,
	ID:        func(n int) string { return fmt.Sprintf("googlereviews:%s/reviews/AbEXAMPLE%d", place, n) },
	Page:      pageSize,
	Asks:      []string{"/token"},
	Bare:      fault(429, "RESOURCE_EXHAUSTED"),
	Dead:      fault(403, "PERMISSION_DENIED"),
	WrongType: `{"reviews":[{"name":7}]}`,
	Edits:     true,
	Check: func(t *testing.T, m sources.Mention) {
		if m.Kind != sources.Review || m.Author.Name != "Jo Resident" || m.Engagement["rating"] != 2 || m.Permalink != "https://maps.google.com/maps?cid=1" ||
			m.ThreadID != "googlereviews:"+place || m.MatchedBy[0] != "own_thread" {
			t.Errorf("got %+v", m)
		}
	},
}

func TestGoogleReviews(t *testing.T) { sourcestest.Against(t, peer) }

func BenchmarkDecode(b *testing.B) { sourcestest.Decode(b, peer) }

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"Plain.": "Plain.",
		"(Translated by Google) Long queue\n\n(Original)\nDługa kolejka": "Długa kolejka",
		"Długa kolejka\n\n(Translated by Google)\nLong queue":            "Długa kolejka",
	} {
		if got := original(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
	v := review{Stars: "ONE"}
	v.Reviewer.Name, v.Reviewer.Anonymous = "A Google user", true
	if m := v.mention(""); m.Title != "1 of 5 stars" || m.Author.Name != "" {
		t.Errorf("stars alone give %+v", m)
	}
}

// A token that ended early is renewed once; a second refusal needs a person.
func TestTokenRefused(t *testing.T) {
	p := sourcestest.NewPlatform(t, profile(sourcestest.Fill(3)))
	x := peer.Source(t, p)
	p.Break(nil, fault(401, "UNAUTHENTICATED"), nil, fault(401, "UNAUTHENTICATED"))
	if _, _, err := x.Next(t.Context(), ""); err == nil || errors.Is(err, sources.ErrStop) {
		t.Errorf("the first time: %v", err)
	}
	if _, _, err := x.Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) {
		t.Errorf("the second time: %v", err)
	}
	p.Fired(t, 4)
}

func TestQuotaNeverGiven(t *testing.T) {
	p := sourcestest.NewPlatform(t, profile(sourcestest.Fill(3)))
	p.Break(nil, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(429)
		fmt.Fprint(w, `{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit_value":"0"}}]}}`)
	})
	if _, _, err := peer.Source(t, p).Next(t.Context(), ""); !errors.Is(err, sources.ErrStop) || !strings.Contains(err.Error(), "quota is 0") {
		t.Errorf("got %v", err)
	}
}

// Two places are read one after the other, in one sweep.
func TestTwoPlaces(t *testing.T) {
	x := peer
	x.Options = map[string]string{"locations": place + ", " + place}
	p := sourcestest.NewPlatform(t, profile(sourcestest.Fill(60)))
	ms, _, err := x.Source(t, p).Next(t.Context(), "")
	if err != nil || len(ms) != 60 || len(p.Requests()) != 6 {
		t.Errorf("%d mentions by %d requests, %v", len(ms), len(p.Requests()), err)
	}
}

func TestThread(t *testing.T) {
	src := peer.Source(t, sourcestest.NewPlatform(t, profile(sourcestest.Fill(1))))
	ms, err := src.(sources.Threader).Thread(t.Context(), sources.Mention{ID: peer.ID(1)})
	if err != nil || len(ms) != 1 || ms[0].ParentID != peer.ID(1) || !strings.HasPrefix(ms[0].Text, "Sorry, Jo") {
		t.Errorf("got %+v, %v", ms, err)
	}
}

func TestOptions(t *testing.T) {
	for _, l := range []string{"", "locations/1", "accounts/1/locations/2/reviews"} {
		if _, err := New(settings.Source{Options: map[string]string{"locations": l}}, sources.Deps{}); err == nil {
			t.Errorf("%q was taken", l)
		}
	}
}
