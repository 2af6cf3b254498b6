package file

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// date reads a date in the form that the mapping names, else in one of the usual forms, as Unix seconds or milliseconds, or as a spreadsheet
// keeps it, and says how precise it is. Of an hour that the clock shows twice it is the first; twice tells.
func (r *Reader) date(s string) (at time.Time, precision string, twice bool, err error) {
	if r.sheet {
		if at, precision, ok := serial(s, r.date1904, r.opts.Location); ok {
			first := firstOfTwo(at)
			return first.UTC(), precision, isTwice(first), nil
		}
	}
	if r.opts.DateLayout != "" {
		at, err := inZone(r.opts.DateLayout, s, r.opts.Location)
		if err != nil {
			return at, "", false, fmt.Errorf("the date %q is not in the form that the mapping names", s)
		}
		precision = "exact"
		if !strings.Contains(r.opts.DateLayout, "15") && !strings.Contains(r.opts.DateLayout, "3") {
			precision = "day"
		}
		first := firstOfTwo(at)
		return first.UTC(), precision, isTwice(first), nil
	}
	return r.usualDate(s)
}

func (r *Reader) usualDate(s string) (time.Time, string, bool, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && len(s) >= 9 {
		if len(s) >= 12 {
			return time.UnixMilli(n).UTC(), "exact", false, nil
		}
		return time.Unix(n, 0).UTC(), "exact", false, nil
	}
	for _, l := range zoned {
		if t, err := inZone(l, s, r.opts.Location); err == nil {
			return t.UTC(), "exact", false, nil
		}
	}
	for _, l := range zoneless {
		if t, err := time.ParseInLocation(l, s, r.opts.Location); err == nil {
			first := firstOfTwo(t)
			return first.UTC(), "exact", isTwice(first), nil
		}
	}
	for _, l := range days {
		if t, err := time.ParseInLocation(l, s, r.opts.Location); err == nil {
			return t.UTC(), "day", false, nil
		}
	}
	return time.Time{}, "", false, fmt.Errorf("the date is not in a known form, such as 2026-11-20 08:15 or 20/11/2026 08:15")
}

// inZone reads a date whose zone, where it has one, may be the short name of one: BST is loc's. Of a name that loc does not know, time takes UTC.
func inZone(layout, s string, loc *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(layout, s, loc)
	if err != nil || t.Location() == loc {
		return t, err
	}
	if name, east := t.Zone(); east == 0 && name != "" && !slices.Contains([]string{"UTC", "GMT", "UT", "WET"}, name) {
		return t, fmt.Errorf("the time zone %s is not known", name)
	}
	return t, nil
}

// firstOfTwo takes the earlier of the two moments that a clock shows twice when summer time ends.
func firstOfTwo(t time.Time) time.Time {
	if e := t.Add(-time.Hour); e.Format(time.DateTime) == t.Format(time.DateTime) {
		return e
	}
	return t
}

// isTwice reports whether the clock shows first, the earlier of two such moments, again an hour later.
func isTwice(first time.Time) bool {
	return first.Add(time.Hour).Format(time.DateTime) == first.Format(time.DateTime)
}
