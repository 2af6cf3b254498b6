package escalate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/classify"
	"earshot/escalate"
	"earshot/settings"
	"earshot/sources"
)

func compile(t testing.TB, change func(*settings.Folder)) *escalate.Table {
	t.Helper()
	f := westford()
	if change != nil {
		change(f)
	}
	tbl, err := escalate.CompileRoutes(f)
	if err != nil {
		t.Fatal(err)
	}
	return tbl
}

// say writes decisions as "audience route reasons", with "no mail", "any hour" and "no clock" where they differ from the usual.
func said(ds []escalate.Decision) []string {
	var out []string
	for _, d := range ds {
		s := d.Audience + " " + d.Route + " " + fmt.Sprint(d.Reasons)
		if !d.Mail {
			s += " no mail"
		}
		if d.Wait == 0 && d.Mail {
			s += " at once"
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// TestPolicy names, for each part of the policy, what the default routes do.
func TestPolicy(t *testing.T) {
	tbl := compile(t, nil)
	report := func(relation string, tags ...string) classify.Tagged {
		out := tagged("r", "r", "look at this", tags...)
		out.Mention.Kind, out.Mention.Relation = sources.Report, relation
		return out
	}
	unsure := tagged("1", "1", "x")
	unsure.Verdict.Unsure = []classify.Label{classify.Abuse}
	doubted := tagged("1", "1", "x", "abuse:0.99", "@staff")
	doubted.Verdict.Unsure = []classify.Label{classify.Abuse}
	deleted := tagged("1", "1", "x", "complaint", "!threat")
	deleted.Mention.State = sources.Deleted
	for _, c := range []struct {
		name   string
		tagged classify.Tagged
		want   []string
	}{
		{"nothing asked of anybody", tagged("1", "1", "x"), nil},
		{"P7 complaint", tagged("1", "1", "x", "complaint"), []string{"comms complaint [complaint]"}},
		{"P8 trolling", tagged("1", "1", "x", "trolling"), []string{"comms trolling [trolling] no mail"}},
		{"P8 a grievance inside trolling is still answered", tagged("1", "1", "x", "trolling", "complaint"), []string{"comms complaint [complaint]"}},
		{"P9 inaccuracy", tagged("1", "1", "x", "inaccuracy"), []string{"comms inaccuracy [inaccuracy]"}},
		{"P10 abuse of staff", tagged("1", "1", "x", "abuse:0.9", "@staff"), []string{"hr abuse-staff [abuse_staff]"}},
		{"P10 below the stated confidence", tagged("1", "1", "x", "abuse:0.84", "@staff"), []string{"comms abuse-confirm [confirm_abuse]"}},
		{"P10 at the stated confidence", tagged("1", "1", "x", "abuse:0.85", "@staff"), []string{"hr abuse-staff [abuse_staff]"}},
		{"P10 the classifier doubts itself", doubted, []string{"comms abuse-confirm [confirm_abuse]"}},
		{"P10 only suspected", unsure, []string{"comms abuse-unsure [confirm_abuse] no mail"}},
		{"P10 a complaint inside abuse is still answered", tagged("1", "1", "x", "abuse", "@staff", "complaint"), []string{"comms complaint [complaint]", "hr abuse-staff [abuse_staff]"}},
		{"P11 abuse of a member", tagged("1", "1", "x", "abuse", "@member"), []string{"monitoring abuse-member [abuse_member]"}},
		{"P10 and P11 both", tagged("1", "1", "x", "abuse", "@both"), []string{"hr abuse-staff [abuse_staff]", "monitoring abuse-member [abuse_member]"}},
		{"abuse with no known target", tagged("1", "1", "x", "abuse"), []string{"comms abuse-confirm [confirm_abuse]"}},
		{"P12 junior officer", tagged("1", "1", "x", "junior_officer"), []string{"comms junior-officer [junior_officer]"}},
		{"P13 safeguarding", tagged("1", "1", "x", "!safeguarding"), []string{"on_call risk [safeguarding] at once"}},
		{"P24 threat with a complaint", tagged("1", "1", "x", "!threat", "complaint"), []string{"comms complaint [complaint]", "on_call risk [threat] at once"}},
		{"all risks", tagged("1", "1", "x", "!emergency", "!self_harm", "!threat"), []string{"on_call risk [threat emergency self_harm] at once"}},
		{"P25 report by a colleague", report("colleague"), []string{"comms report [reported]"}},
		{"a report about oneself goes to HR alone", report("me", "complaint", "abuse", "@staff", "junior_officer"), []string{"hr own-report [own_report]"}},
		{"a report about oneself with a threat goes to HR alone", report("me", "!threat"), []string{"hr own-report [threat own_report]"}},
		{"deleted", deleted, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := tbl.Decide(&c.tagged)
			if fmt.Sprint(said(got)) != fmt.Sprint(c.want) {
				t.Errorf("goes to\n%s\nwant\n%s", strings.Join(said(got), "\n"), strings.Join(c.want, "\n"))
			}
			for _, d := range got {
				if d.Wall != escalate.WallOf(d.Audience) {
					t.Errorf("wall %q for %s", d.Wall, d.Audience)
				}
				for _, r := range d.Reasons {
					if !slices.Contains(escalate.Reasons, r) || r.Title() == "" || r.Because() == "" || r.Suggestion() == "" {
						t.Errorf("reason %q is outside the closed set or says nothing", r)
					}
					if r.Urgent() && !d.AnyHour {
						t.Errorf("a risk waits for the office")
					}
				}
			}
		})
	}
}

func TestDecideIsPure(t *testing.T) {
	tbl := compile(t, nil)
	m := tagged("1", "1", "x", "abuse", "@both", "complaint", "!threat")
	before := fmt.Sprintf("%+v", m)
	a, b := tbl.Decide(&m), tbl.Decide(&m)
	if fmt.Sprint(a) != fmt.Sprint(b) || len(a) != 4 {
		t.Errorf("%v\n%v", a, b)
	}
	if fmt.Sprintf("%+v", m) != before {
		t.Error("the mention was changed")
	}
}

func TestOwnRoutes(t *testing.T) {
	tbl := compile(t, func(f *settings.Folder) {
		f.Routes.Routes = []settings.Route{
			{ID: "parking", Labels: []string{"complaint"}, Services: []string{"parking"}, Audience: "comms", Receivers: []string{"inbox:publicity", "parking@westford.example"},
				Wait: settings.Duration(10 * time.Minute), Stop: true},
			{ID: "x-only", Platforms: []string{"x"}, Audience: "comms", Receivers: []string{"none"}},
			{ID: "members", Labels: []string{"abuse"}, Target: "member", MinScore: 0.5, Audience: "monitoring"},
		}
	})
	parking := tagged("1", "1", "x", "complaint")
	parking.Verdict.Service = "parking"
	onX := tagged("1", "1", "x")
	onX.Mention.Platform = "x"
	for _, c := range []struct {
		name   string
		tagged classify.Tagged
		want   []string
	}{
		{"its service", parking, []string{"comms parking [complaint]"}},
		{"another service is nobody's", tagged("1", "1", "x", "complaint"), nil},
		{"a platform", onX, []string{"comms x-only [route] no mail"}},
		{"its own confidence", tagged("1", "1", "x", "abuse:0.6", "@member"), []string{"monitoring members [abuse_member] at once"}},
		{"a risk never falls through", tagged("1", "1", "x", "!threat"), []string{"on_call risk [threat] at once"}},
		{"abuse of staff never falls through", tagged("1", "1", "x", "abuse", "@staff"), []string{"comms abuse-confirm [confirm_abuse]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := said(tbl.Decide(&c.tagged)); fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("goes to %q, want %q", got, c.want)
			}
		})
	}
}

func BenchmarkDecide(b *testing.B) {
	tbl := compile(b, nil)
	for name, m := range map[string]classify.Tagged{"none": tagged("1", "1", "x"), "complaint": tagged("1", "1", "x", "complaint"),
		"everything": tagged("1", "1", "x", "complaint", "abuse", "@both", "inaccuracy", "junior_officer", "!threat")} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				tbl.Decide(&m)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verdicts/s")
		})
	}
}

// TestContextAsksForNobody: what was fetched only because it stands around a mention opens nothing, but for its risks and a person's word.
func TestContextAsksForNobody(t *testing.T) {
	tbl := compile(t, nil)
	for _, c := range []struct {
		by   []string
		tags []string
		want string
	}{
		{[]string{"thread"}, []string{"complaint", "inaccuracy", "junior_officer"}, "[]"},
		{[]string{"thread"}, []string{"abuse:0.99", "@staff"}, "[]"},
		{[]string{"thread"}, []string{"complaint", "!threat"}, "[on_call risk [threat] at once]"},
		{[]string{"thread", "keyword:council"}, []string{"complaint"}, "[comms complaint [complaint]]"},
		{[]string{"keyword:thread"}, []string{"complaint"}, "[comms complaint [complaint]]"},
		{nil, []string{"complaint"}, "[comms complaint [complaint]]"},
	} {
		x := tagged("1", "1", "x", c.tags...)
		x.Mention.MatchedBy = c.by
		if got := fmt.Sprint(said(tbl.Decide(&x))); got != c.want {
			t.Errorf("matched by %v, %v: %s, want %s", c.by, c.tags, got, c.want)
		}
	}
	x := tagged("1", "1", "x", "complaint")
	x.Mention.MatchedBy, x.Verdict.Stage = []string{"thread"}, classify.Person
	if len(tbl.Decide(&x)) == 0 {
		t.Error("a person's word on context sends it to nobody")
	}
}
