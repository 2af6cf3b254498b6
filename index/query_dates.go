package index

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// date fills in the instants of before:, after: and on:.
func (p *parser) date(t piece, c Clause) (Clause, error) {
	from, until, ok := readDate(c.Value, p.now)
	if !ok {
		return c, mistake(fmt.Sprintf("%s is not a date: write 2026-11-01, 2026-11, 1/11/2026, today, yesterday or 7d.", c.Value), p.src, t.start, t.end,
			minus(t)+c.Field+":"+repaired(c.Value, p.now))
	}
	c.Time = from
	if c.Field == "on" {
		c.Until = until
	}
	return c, nil
}

// readDate returns the start and the end of what s names, in now's zone. Values are in lower case.
func readDate(s string, now time.Time) (from, until time.Time, ok bool) {
	loc := now.Location()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, loc)
	day := func(d time.Time) (time.Time, time.Time, bool) { return d, d.AddDate(0, 0, 1), true }
	switch s {
	case "today":
		return day(today)
	case "yesterday":
		return day(today.AddDate(0, 0, -1))
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(s, "d")); err == nil && strings.HasSuffix(s, "d") && n >= 0 && n <= 36500 {
		return day(today.AddDate(0, 0, -n))
	}
	for _, f := range []struct {
		layout              string
		years, months, days int
		span                time.Duration
	}{
		{layout: "2006-01-02", days: 1},
		{layout: "2/1/2006", days: 1},
		{layout: "2006-01", months: 1},
		{layout: "2006", years: 1},
		{layout: "2006-01-02T15:04", span: time.Minute},
		{layout: "2006-01-02T15:04:05", span: time.Second},
		{layout: "2006-01-02T15:04:05Z07:00", span: time.Second},
	} {
		d, err := time.ParseInLocation(f.layout, strings.ToUpper(s), loc)
		if err == nil && d.Year() >= 1 {
			return d, d.AddDate(f.years, f.months, f.days).Add(f.span), true
		}
	}
	return time.Time{}, time.Time{}, false
}

// repaired turns a day that a month does not have into its last one, and anything else into today.
func repaired(s string, now time.Time) string {
	if y, rest, ok := strings.Cut(s, "-"); ok {
		m, _, _ := strings.Cut(rest, "-")
		if month, err := time.Parse("2006-01", y+"-"+m); err == nil {
			return month.AddDate(0, 1, -1).Format("2006-01-02")
		}
	}
	return now.Format("2006-01-02")
}
