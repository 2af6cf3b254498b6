package escalate

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"earshot/settings"
)

//go:embed bank_holidays.csv
var bankHolidaysCSV string

// BankHolidaysUntil is the last day for which the program knows the bank holidays of England and Wales by itself.
var BankHolidaysUntil = time.Date(2028, 12, 31, 0, 0, 0, 0, time.UTC)

// Calendar knows when the council works. A working day is a day of its office hours that is no bank holiday.
type Calendar struct {
	loc        *time.Location
	days       [7]bool      // by time.Weekday
	start, end int          // minutes after midnight, local
	holidays   map[int]bool // 20261225
}

// NewCalendar reads council.yaml's time zone, office hours and bank holidays; empty parts mean Europe/London, Monday to Friday, 08:30 to
// 17:00, and the bank holidays of England and Wales are always there.
func NewCalendar(c settings.Council) (*Calendar, error) {
	k := &Calendar{loc: c.Location(), holidays: map[int]bool{}}
	days := c.OfficeHours.Days
	if len(days) == 0 {
		days = []string{"mon", "tue", "wed", "thu", "fri"}
	}
	for _, d := range days {
		w, err := weekday(d)
		if err != nil {
			return nil, err
		}
		k.days[w] = true
	}
	var err error
	if k.start, err = minutes(c.OfficeHours.Start, settings.DefaultOfficeStart); err != nil {
		return nil, err
	}
	if k.end, err = minutes(c.OfficeHours.End, settings.DefaultOfficeEnd); err != nil {
		return nil, err
	}
	if k.start >= k.end {
		return nil, settings.Fault{File: settings.CouncilFile, Problem: "the office must open before it closes; mend office_hours"}
	}
	for _, line := range strings.Split(bankHolidaysCSV, "\n") {
		if day, _, ok := strings.Cut(line, ","); ok && strings.HasPrefix(day, "20") {
			if err := k.addHoliday(day); err != nil {
				return nil, err
			}
		}
	}
	for _, day := range c.BankHolidays {
		if err := k.addHoliday(day); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Location is the council's time zone.
func (k *Calendar) Location() *time.Location { return k.loc }

// WorkingDay reports whether the council works on t's day, in its own time zone.
func (k *Calendar) WorkingDay(t time.Time) bool {
	t = t.In(k.loc)
	return k.days[t.Weekday()] && !k.holidays[dayKey(t)]
}

func (k *Calendar) addHoliday(day string) error {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return settings.Fault{File: settings.CouncilFile, Problem: fmt.Sprintf("bank holiday %q is not a date such as 2026-12-25", day)}
	}
	k.holidays[dayKey(t)] = true
	return nil
}

func dayKey(t time.Time) int {
	y, m, d := t.Date()
	return y*10_000 + int(m)*100 + d
}

// Open reports whether the office is open at t.
func (k *Calendar) Open(t time.Time) bool {
	t = t.In(k.loc)
	m := t.Hour()*60 + t.Minute()
	return k.WorkingDay(t) && m >= k.start && m < k.end
}

// NextOpen is t when the office is open, else the next instant at which it opens.
func (k *Calendar) NextOpen(t time.Time) time.Time {
	if k.Open(t) {
		return t
	}
	l := t.In(k.loc)
	if k.WorkingDay(l) && l.Hour()*60+l.Minute() < k.start {
		return k.opening(l)
	}
	return k.opening(k.nextWorkingDay(l))
}

// Due is the instant d of council hours after from, seen from an office. A working day counts 24 hours, as the 48 hours of P6 are
// two days and not six: what comes on Tuesday at 10:40 with 48 hours is due on Thursday at 10:40. The clock stands still on other days; what
// comes while the office is closed counts from its next opening; a due time while it is closed moves to the next opening.
func (k *Calendar) Due(from time.Time, d time.Duration) time.Time {
	t := k.NextOpen(from).In(k.loc)
	const day = 24 * time.Hour
	for ; d >= day; d -= day {
		next := k.nextWorkingDay(t)
		t = onDay(next, t.Hour()*60+t.Minute(), t.Second(), k.loc)
	}
	if until := onDay(t.AddDate(0, 0, 1), 0, 0, k.loc).Sub(t); d >= until { // the rest runs past midnight
		t = onDay(k.nextWorkingDay(t), 0, 0, k.loc).Add(d - until)
	} else {
		t = t.Add(d)
	}
	return k.NextOpen(t)
}

func (k *Calendar) opening(t time.Time) time.Time { return onDay(t, k.start, 0, k.loc) }

// nextWorkingDay is noon of the first working day after t's. A council without one in a year would never be asked: NewCalendar
// demands at least one weekday, and holidays are listed days.
func (k *Calendar) nextWorkingDay(t time.Time) time.Time {
	t = t.In(k.loc)
	n := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, k.loc)
	for range 3660 {
		n = n.AddDate(0, 0, 1)
		if k.WorkingDay(n) {
			return n
		}
	}
	return n
}

// onDay is a wall clock time on t's day: adding hours instead would be one off across a change of summer time.
func onDay(t time.Time, minute, second int, loc *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), minute/60, minute%60, second, 0, loc)
}

func weekday(s string) (time.Weekday, error) {
	for w := time.Sunday; w <= time.Saturday; w++ {
		if len(s) >= 3 && strings.EqualFold(s[:3], w.String()[:3]) {
			return w, nil
		}
	}
	return 0, settings.Fault{File: settings.CouncilFile, Problem: fmt.Sprintf("office_hours.days has %q; write mon, tue, wed, thu, fri, sat or sun", s)}
}

func minutes(s, def string) (int, error) {
	if s == "" {
		s = def
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, settings.Fault{File: settings.CouncilFile, Problem: fmt.Sprintf("%q in office_hours is not a time of day; write for example 08:30", s)}
	}
	return t.Hour()*60 + t.Minute(), nil
}
