package feed

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/rss"
)

// rhythm is how often a feed wants to be asked.
type rhythm struct {
	least     time.Duration
	skipHours map[int]bool    // of the day, UTC
	skipDays  map[string]bool // Monday ...
}

// rhythmOf reads ttl, sy:updatePeriod, skipHours and skipDays.
func rhythmOf(f *gofeed.Feed) rhythm {
	r := rhythm{skipHours: map[int]bool{}, skipDays: map[string]bool{}}
	if x := first(f.Extensions["sy"], "updatePeriod"); x != nil {
		r.least = map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour,
			"monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour}[strings.TrimSpace(x.Value)]
		if n := first(f.Extensions["sy"], "updateFrequency"); n != nil {
			if k, err := strconv.Atoi(strings.TrimSpace(n.Value)); err == nil && k > 0 {
				r.least /= time.Duration(k)
			}
		}
	}
	o, ok := f.OriginalFeed().(*rss.Feed)
	if !ok {
		return r
	}
	if m, err := strconv.Atoi(strings.TrimSpace(o.TTL)); err == nil && m > 0 && m < 1e6 {
		r.least = time.Duration(m) * time.Minute
	}
	for _, h := range o.SkipHours {
		if n, err := strconv.Atoi(strings.TrimSpace(h)); err == nil {
			r.skipHours[n%24] = true // some write 24 for midnight
		}
	}
	for _, d := range o.SkipDays {
		r.skipDays[strings.TrimSpace(d)] = true
	}
	return r
}

// interval says from a moment on when to ask again: as the settings want, else as the feed wants within 15 minutes and a day.
func (f *Feed) interval(h http.Header, r rhythm) func(time.Time) time.Time {
	if every := time.Duration(f.source.Every); every > 0 {
		return func(now time.Time) time.Time { return now.Add(every) }
	}
	wait := min(max(minEvery, r.least, maxAge(h)), maxEvery)
	return func(now time.Time) time.Time {
		at := now.Add(wait)
		if len(r.skipHours) >= 24 || len(r.skipDays) >= 7 {
			return at
		}
		for i := 0; i < 7*24 && (r.skipHours[at.UTC().Hour()] || r.skipDays[at.UTC().Weekday().String()]); i++ {
			at = at.UTC().Truncate(time.Hour).Add(time.Hour)
		}
		return at
	}
}

func maxAge(h http.Header) time.Duration {
	for part := range strings.SplitSeq(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(name, "max-age") {
			if s, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && s > 0 && s < 1e8 {
				return time.Duration(s) * time.Second
			}
		}
	}
	return 0
}
