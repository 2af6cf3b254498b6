package facts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/classify/text"
	"earshot/settings"
)

func read(s string) []quantity {
	items := text.Parse(s).Items(nil, nil)
	return quantities(items, rolesOf(items, nil), nil)
}

func TestQuantities(t *testing.T) {
	for _, c := range []struct {
		in    string
		of    measure
		value float64
	}{
		{"£58 a year", money, 58},
		{"fifty eight quid", money, 58},
		{"£9.4m in all", money, 9.4e6},
		{"11.2 million pounds", count, 11.2e6}, // pounds stand behind; the number itself says nothing
		{"20p a day", money, 0.2},
		{"a tenner", money, 10},
		{"4.99%", percent, 4.99},
		{"4.99 per cent", percent, 4.99},
		{"half of them", percent, 50},
		{"every three weeks", rhythm, 21},
		{"every third week", rhythm, 21},
		{"fortnightly now", rhythm, 14},
		{"10 working days", span, 10},
		{"nine years", span, 9 * 365},
		{"a fortnight", span, 14},
		{"8.30am", clock, 510},
		{"half past eight", clock, 510},
		{"6 pm", clock, 1080},
		{"7 May", date, 507},
		{"May 7", date, 507},
		{"in October", month, 10},
		{"since 2025", year, 2025},
		{"two hundred and six huts", count, 206},
		{"1,150 names", count, 1150},
		{"two thirds of them", percent, 200.0 / 3},
		{"a twentieth", percent, 5},
		{"six in ten", percent, 60},
		{"4 out of 5 homes", percent, 80},
		{"three pound ten", money, 3.1},
		{"till ten at night", clock, 1320},
		{"7 in the morning", clock, 420},
		{"by noon", clock, 720},
		{"ten past nine", clock, 550},
		{"quarter to six", clock, 345},
		{"the 7th of May", date, 507},
	} {
		qs := read(c.in)
		if len(qs) != 1 || qs[0].value != c.value || qs[0].of != c.of {
			if c.in == "11.2 million pounds" && len(qs) == 1 && qs[0].value == c.value && qs[0].of == money {
				continue
			}
			t.Errorf("%q reads %+v, not %v %q", c.in, qs, c.value, c.of)
		}
	}
	for _, s := range []string{"three in two weeks", "every third one", "a third time", "a half day", "one in the road", "ten in five"} {
		if slices.ContainsFunc(read(s), func(q quantity) bool { return q.of == percent }) {
			t.Errorf("%q is no share of anything", s)
		}
	}
	for _, s := range []string{"", "six in", "two thirds", "six out of", "ten past", "quarter to", "three pound", "4 at", "7 in the", "no one came", "one of them", "may I ask", "every one", "hundred", "half hundred third quarter", "a", "couple", "£", "£."} {
		read(s) // must come to an end
	}
}

func TestAgreesWithinRounding(t *testing.T) {
	for _, c := range []struct {
		said, known string
		want        bool
	}{
		{"about 5%", "4.99%", true},
		{"5%", "4.99%", true},
		{"12%", "4.99%", false},
		{"£58", "£58", true},
		{"£68", "£58", false},
		{"nearly 2,900 households", "2,870 households", true},
		{"over £40m", "£41m", true},
		{"£14m", "£41m", false},
		{"7 May", "7 May", true},
		{"8 May", "7 May", false},
		{"every three weeks", "fortnightly", false},
		{"£1,930", "£1,934", true},
		{"£3.50 a month", "£42 a year", true},
		{"£42 a month", "£42 a year", false},
		{"forty two quid for the whole year", "£42 a year", true},
		{"£42", "£42 a year", true},
		{"just over a third", "35%", true},
		{"a twentieth", "4.99%", true},
		{"nine in ten", "61%", false},
		{"two weeks", "10 working days", true},
		{"two working weeks", "10 working days", true},
		{"ten days", "10 working days", true},
		{"in May", "7 May", true},
		{"in June", "7 May", false},
	} {
		said, known := read(c.said), read(c.known)
		if len(said) != 1 || len(known) != 1 {
			t.Fatalf("%v: %v, %v", c, said, known)
		}
		if got := said[0].agrees(&known[0]); got != c.want {
			t.Errorf("%q agrees with %q: %v", c.said, c.known, got)
		}
	}
}

func register(now time.Time) *Register {
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	return New([]settings.Fact{
		{ID: "F1", Statement: "Garden waste collection costs £52 a year and is fortnightly."},
		{ID: "F2", Statement: "The household tip at Castle Weld is closed on Tuesdays.", ValidFrom: day(2, 1), ValidTo: day(2, 28)},
		{ID: "F3", Statement: "Councillors get a basic allowance of £5,210 a year and no pension."},
	}, func() time.Time { return now })
}

func ids(cs []Candidate) string {
	s := ""
	for _, c := range cs {
		s += c.ID + " "
	}
	return s
}

func TestCandidates(t *testing.T) {
	march := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	f := register(march).Finder()
	find := func(s string) []Candidate {
		d := text.Parse(s)
		return f.Candidates(d, d.Items(nil, nil))
	}
	cs := find("So the garden waste collection is seventy quid now")
	if ids(cs) != "F1 " || cs[0].Features[featDiffering] != 1 || cs[0].Features[featAgreeing] != 0 {
		t.Errorf("%s%v", ids(cs), cs)
	}
	cs = find("the garden waste collection is £52 a year")
	if ids(cs) != "F1 " || cs[0].Features[featAgreeing] == 0 || cs[0].Features[featDiffering] != 0 {
		t.Errorf("%s%v", ids(cs), cs)
	}
	if cs := find("Lovely weather in the park"); len(cs) != 0 {
		t.Errorf("found %s", ids(cs))
	}
	if cs := find("is the garden waste collection fifty two pounds?"); len(cs) != 1 || !cs[0].Asking {
		t.Errorf("a question is not seen: %v", cs)
	}
}

// TestExpiredFactsAreNeverUsed holds a fact to its dates, the last of them included.
func TestExpiredFactsAreNeverUsed(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		want bool
	}{
		{time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC), false},
		{time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), true},
		{time.Date(2026, 2, 28, 23, 59, 0, 0, time.UTC), true},
		{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		d := text.Parse("the household tip at Castle Weld is open on Tuesdays")
		cs := register(c.at).Finder().Candidates(d, d.Items(nil, nil))
		if got := len(cs) == 1 && cs[0].ID == "F2"; got != c.want {
			t.Errorf("at %s found %q", c.at, ids(cs))
		}
	}
}

// TestReworded: where a text says a fact's number, it says it in the fact's words; where it says another, nothing changes.
func TestReworded(t *testing.T) {
	f := New([]settings.Fact{
		{ID: "F1", Statement: "The brown bin costs £42 a year and is emptied every two weeks. A missed one is fetched within 10 working days."},
		{ID: "F2", Statement: "Council tax rose by 4.99% on 1 April. The offices open at 8.30am. There are 52 councillors."},
	}, nil).Finder()
	for _, c := range []struct {
		fact       int
		said, want string
	}{
		{0, "Brown bin is £3.50 a month, Baz", "Brown bin is £42 a year , Baz"},
		{0, "Brown bin is £42 a month", "Brown bin is £42 a month"},
		{0, "Brown bin is six pound eighty, not fifty grand", "Brown bin is £6.80 , not £50,000"},
		{1, "Up a fifth", "Up 20%"},
		{0, "Still forty two quid for me, and fortnightly", "Still £42 for me, and every two weeks"},
		{0, "Two weeks to fetch a missed one", "10 working days to fetch a missed one"},
		{0, "Up a twentieth", "Up a twentieth"},
		{1, "Up a twentieth", "Up 4.99%"},
		{1, "Up 12%, and half past eight is early", "Up 12%, and 8.30am is early"},
		{1, "fifty two councillors, fifty two bins", "52 councillors, fifty two bins"},
		{1, "It opens at 8.30am", "It opens at 8.30am"},
		{1, "no number at all", "no number at all"},
		{1, "", ""},
	} {
		d := text.Parse(c.said)
		var masks []text.Mask
		if m := f.Reworded(d.Items(nil, nil), []int{c.fact}); m != nil {
			masks = m[0]
		}
		got := ""
		for _, s := range d.Stretches(nil, masks) {
			got += " " + s.Text
		}
		if got = strings.TrimSpace(got); got != c.want {
			t.Errorf("beside fact %d %q reads %q, want %q", c.fact, c.said, got, c.want)
		}
	}
}

func FuzzCandidates(f *testing.F) {
	r := register(time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)).Finder()
	for _, s := range []string{"", "garden waste collection hundred half third £ every a couple of and a half weeks", "£5,210.1/2:3 councillors allowance pension", "half", "every"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := text.Parse(s)
		for _, c := range r.Candidates(d, d.Items(nil, nil)) {
			if c.From < 0 || c.To <= c.From || c.To > len(d.Tokens) {
				t.Fatalf("%q: %+v", s, c)
			}
			for k, x := range c.Features {
				if x != x {
					t.Fatalf("%q: feature %d is not a number", s, k)
				}
			}
		}
		for _, masks := range r.Reworded(d.Items(nil, nil), []int{0, 1, 2}) {
			end := 0
			for _, m := range masks {
				if m.From < end || m.To <= m.From || m.To > len(d.Tokens) || m.Text == "" {
					t.Fatalf("%q: %+v", s, masks)
				}
				end = m.To
			}
		}
	})
}
