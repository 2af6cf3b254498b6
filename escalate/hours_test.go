package escalate

import (
	"strings"
	"testing"
	"time"

	"earshot/settings"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	v, err := time.ParseInLocation("Mon 2006-01-02 15:04", s, loc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func calendar(t testing.TB, c settings.Council) *Calendar {
	t.Helper()
	k, err := NewCalendar(c)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestDue(t *testing.T) {
	k := calendar(t, settings.Council{BankHolidays: []string{"2026-11-27"}})
	for _, c := range []struct {
		name, from, want string
		within           time.Duration
	}{
		{"two working days later at the same time", "Tue 2026-11-10 10:40", "Thu 2026-11-12 10:40", 48 * time.Hour},
		{"out of hours counts from the next opening", "Tue 2026-11-10 23:10", "Fri 2026-11-13 08:30", 48 * time.Hour},
		{"before opening counts from opening", "Tue 2026-11-10 06:00", "Thu 2026-11-12 08:30", 48 * time.Hour},
		{"over a weekend", "Fri 2026-11-13 16:00", "Tue 2026-11-17 16:00", 48 * time.Hour},
		{"from a weekend", "Sat 2026-11-14 12:00", "Wed 2026-11-18 08:30", 48 * time.Hour},
		{"over Christmas: Thursday to Wednesday", "Thu 2026-12-24 09:00", "Wed 2026-12-30 09:00", 48 * time.Hour},
		{"the council's own holiday", "Thu 2026-11-26 09:00", "Tue 2026-12-01 09:00", 48 * time.Hour},
		{"over the end of summer time", "Fri 2026-10-23 11:00", "Tue 2026-10-27 11:00", 48 * time.Hour},
		{"hours within the day", "Tue 2026-11-10 10:00", "Tue 2026-11-10 14:00", 4 * time.Hour},
		{"hours past closing move to the next opening", "Tue 2026-11-10 16:00", "Wed 2026-11-11 08:30", 4 * time.Hour},
		{"hours past midnight into a weekend", "Fri 2026-11-13 16:00", "Mon 2026-11-16 11:00", 19 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := k.Due(at(t, c.from), c.within), at(t, c.want); !got.Equal(want) {
				t.Errorf("due %v, want %v", got.In(want.Location()), want)
			}
		})
	}
	if got, want := k.Due(at(t, "Thu 2027-03-25 11:00"), 48*time.Hour), at(t, "Wed 2027-03-31 11:00"); !got.Equal(want) { // Easter and summer time at once
		t.Errorf("due %v, want %v", got, want)
	}
}

func TestNextOpen(t *testing.T) {
	k := calendar(t, settings.Council{})
	for from, want := range map[string]string{
		"Tue 2026-11-10 08:29": "Tue 2026-11-10 08:30", "Tue 2026-11-10 08:30": "Tue 2026-11-10 08:30", "Tue 2026-11-10 16:59": "Tue 2026-11-10 16:59",
		"Tue 2026-11-10 17:00": "Wed 2026-11-11 08:30", "Fri 2026-12-25 10:00": "Tue 2026-12-29 08:30", "Fri 2027-12-31 18:00": "Tue 2028-01-04 08:30",
	} {
		if got := k.NextOpen(at(t, from)); !got.Equal(at(t, want)) {
			t.Errorf("%s opens at %v, want %s", from, got, want)
		}
	}
}

// TestBankHolidaysByRule works the listed days out again from the rules: Easter by Gauss, Mondays by count, substitutes by weekday.
func TestBankHolidaysByRule(t *testing.T) {
	k := calendar(t, settings.Council{})
	n := 0
	for year := 2026; year <= BankHolidaysUntil.Year(); year++ {
		easter := gauss(year)
		want := []time.Time{substitute(k, year, 1, 1), easter.AddDate(0, 0, -2), easter.AddDate(0, 0, 1), monday(year, 5, 1), monday(year, 6, 1).AddDate(0, 0, -7),
			monday(year, 9, 1).AddDate(0, 0, -7)}
		christmas := time.Date(year, 12, 25, 0, 0, 0, 0, time.UTC)
		switch christmas.Weekday() {
		case time.Friday:
			want = append(want, christmas, christmas.AddDate(0, 0, 3))
		case time.Saturday, time.Sunday:
			want = append(want, time.Date(year, 12, 27, 0, 0, 0, 0, time.UTC), time.Date(year, 12, 28, 0, 0, 0, 0, time.UTC))
		default:
			want = append(want, christmas, christmas.AddDate(0, 0, 1))
		}
		for _, d := range want {
			n++
			if !k.holidays[dayKey(d)] {
				t.Errorf("%s is not listed", d.Format("Mon 2 Jan 2006"))
			}
		}
	}
	listed := 0
	for _, line := range strings.Split(bankHolidaysCSV, "\n") {
		if strings.HasPrefix(line, "20") {
			listed++
		}
	}
	if n != 24 || listed != n {
		t.Errorf("%d days by rule, %d listed, want 24", n, listed)
	}
}

func substitute(_ *Calendar, year int, m time.Month, day int) time.Time {
	d := time.Date(year, m, day, 0, 0, 0, 0, time.UTC)
	for d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

func monday(year int, m time.Month, day int) time.Time {
	d := time.Date(year, m, day, 0, 0, 0, 0, time.UTC)
	for d.Weekday() != time.Monday {
		d = d.AddDate(0, 0, 1)
	}
	return d
}

func gauss(y int) time.Time {
	a, b, c := y%19, y/100, y%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	m := (a + 11*h) / 319
	r := (2*e + 2*(c/4) - c%4 - h + m + 32) % 7
	n := (h - m + r + 90) / 25
	p := (h - m + r + n + 19) % 32
	return time.Date(y, time.Month(n), p, 0, 0, 0, 0, time.UTC)
}
