package file

import (
	"fmt"
	"strconv"
	"time"
)

// layouts of dates with a zone of their own, then those without. Day before month: the exports are British.
var (
	zoned = []string{time.RFC3339Nano, "2006-01-02T15:04:05-0700", "2006-01-02 15:04:05-07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST",
		time.RFC1123Z, time.RFC1123, time.RubyDate}
	zoneless = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "02/01/2006 15:04:05", "02/01/2006 15:04", "2/1/2006 15:04",
		"02.01.2006 15:04", "2 Jan 2006 15:04", "2 January 2006 15:04"}
	days = []string{"2006-01-02", "02/01/2006", "2/1/2006", "02.01.2006", "2 Jan 2006", "2 January 2006"}
)

// date reads a date in one of the usual forms, or Unix seconds or milliseconds, and says how precise it is.
func (r *Reader) date(s string) (time.Time, string, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		if len(s) >= 12 {
			return time.UnixMilli(n).UTC(), "exact", nil
		}
		return time.Unix(n, 0).UTC(), "exact", nil
	}
	for _, l := range zoned {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), "exact", nil
		}
	}
	for _, l := range zoneless {
		if t, err := time.ParseInLocation(l, s, r.opts.Location); err == nil {
			return firstOfTwo(t).UTC(), "exact", nil
		}
	}
	for _, l := range days {
		if t, err := time.ParseInLocation(l, s, r.opts.Location); err == nil {
			return t.UTC(), "day", nil
		}
	}
	return time.Time{}, "", fmt.Errorf("the date is not in a known form, such as 2026-11-20 08:15 or 20/11/2026 08:15")
}

// firstOfTwo takes the earlier of the two moments that a clock shows twice when summer time ends.
func firstOfTwo(t time.Time) time.Time {
	if e := t.Add(-time.Hour); e.Format(time.DateTime) == t.Format(time.DateTime) {
		return e
	}
	return t
}
