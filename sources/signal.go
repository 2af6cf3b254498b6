package sources

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Signal reads from an answer until when its platform wants no further request; the zero time when it says nothing. Platforms write the
// same idea in ways that contradict each other, so each connector names its own.
type Signal func(status int, h http.Header, now time.Time) time.Time

// RetryAfter reads Retry-After, in seconds or as an HTTP date, of an answer that is a refusal.
func RetryAfter(status int, h http.Header, now time.Time) time.Time {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" || status < 400 {
		return time.Time{}
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return inSeconds(now, s)
	}
	if t, err := http.ParseTime(v); err == nil {
		return t
	}
	return time.Time{}
}

// UnixReset reads a quota whose reset is a Unix time in seconds (X, Twitch, Bluesky, GitHub's kind).
func UnixReset(remaining, reset string) Signal {
	return quota(remaining, reset, func(v string, _ time.Time) (time.Time, bool) {
		s, err := strconv.ParseFloat(v, 64)
		if err != nil || s < 0 || s > 1e11 {
			return time.Time{}, false
		}
		sec, frac := math.Modf(s)
		return time.Unix(int64(sec), int64(frac*1e9)), true
	})
}

// SecondsReset reads a quota whose reset is in seconds to go, whole or broken (Reddit, Tumblr, Mattermost, Discord).
func SecondsReset(remaining, reset string) Signal {
	return quota(remaining, reset, func(v string, now time.Time) (time.Time, bool) {
		s, err := strconv.ParseFloat(v, 64)
		return inSeconds(now, s), err == nil && s >= 0
	})
}

// ISOReset reads a quota whose reset is an ISO 8601 time (Mastodon).
func ISOReset(remaining, reset string) Signal {
	return quota(remaining, reset, func(v string, _ time.Time) (time.Time, bool) {
		t, err := time.Parse(time.RFC3339Nano, v)
		return t, err == nil
	})
}

// quota waits when nothing remains, and after a 429 whatever is said to remain.
func quota(remaining, reset string, parse func(string, time.Time) (time.Time, bool)) Signal {
	return func(status int, h http.Header, now time.Time) time.Time {
		left, err := strconv.ParseFloat(strings.TrimSpace(h.Get(remaining)), 64)
		if used := err == nil && left < 1; !used && status != http.StatusTooManyRequests {
			return time.Time{}
		}
		t, ok := parse(strings.TrimSpace(h.Get(reset)), now)
		if !ok || !t.After(now) {
			return time.Time{}
		}
		return t
	}
}

func inSeconds(now time.Time, s float64) time.Time {
	if math.IsNaN(s) || s < 0 || s > 1e9 {
		s = math.Min(math.Max(s, 0), 1e9)
	}
	return now.Add(time.Duration(math.Min(s, 1e8) * float64(time.Second)))
}
