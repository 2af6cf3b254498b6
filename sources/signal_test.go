package sources

import (
	"net/http"
	"testing"
	"time"
)

func TestSignals(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	h := func(kv ...string) http.Header {
		x := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			x.Set(kv[i], kv[i+1])
		}
		return x
	}
	unix, iso, secs := UnixReset("RateLimit-Remaining", "RateLimit-Reset"), ISOReset("X-RateLimit-Remaining", "X-RateLimit-Reset"), SecondsReset("X-Ratelimit-Remaining", "X-Ratelimit-Reset")
	for _, c := range []struct {
		name   string
		signal Signal
		status int
		h      http.Header
		want   time.Duration // zero: no wait
	}{
		{"seconds", RetryAfter, 429, h("Retry-After", "120"), 2 * time.Minute},
		{"date", RetryAfter, 503, h("Retry-After", "Fri, 20 Nov 2026 08:03:00 GMT"), 3 * time.Minute},
		{"of a success", RetryAfter, 200, h("Retry-After", "120"), 0},
		{"nonsense", RetryAfter, 429, h("Retry-After", "soon"), 0},
		{"unix, some left", unix, 200, h("RateLimit-Remaining", "5", "RateLimit-Reset", "1795162200"), 0},
		{"unix, none left", unix, 200, h("RateLimit-Remaining", "0", "RateLimit-Reset", "1795161900"), 5 * time.Minute},
		{"unix, refused", unix, 429, h("RateLimit-Reset", "1795161900"), 5 * time.Minute},
		{"unix, past", unix, 429, h("RateLimit-Reset", "1795161500"), 0},
		{"iso", iso, 429, h("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-11-20T08:05:00.000000Z"), 5 * time.Minute},
		{"iso given a number", iso, 429, h("X-RateLimit-Reset", "1795161900"), 0},
		{"seconds to go, a float", secs, 200, h("X-Ratelimit-Remaining", "0.0", "X-Ratelimit-Reset", "1.5"), 1500 * time.Millisecond},
		{"absurd", secs, 429, h("X-Ratelimit-Reset", "NaN"), 0},
	} {
		got := c.signal(c.status, c.h, now)
		if c.want == 0 && !got.IsZero() || c.want != 0 && got.Sub(now) != c.want {
			t.Errorf("%s: wait until %v, want %v", c.name, got, c.want)
		}
	}
}
