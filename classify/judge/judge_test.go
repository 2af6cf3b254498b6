package judge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/classify"
	"earshot/classify/classifytest"
	"earshot/classify/encoder"
	"earshot/classify/judge"
	"earshot/settings"
	"earshot/sources"
)

// saltmere is an invented council, small enough to read.
func saltmere(tb testing.TB) *judge.Classifier { return saltmereWith(tb, nil) }

// saltmereWith judges with m; nil is the model inside the program.
func saltmereWith(tb testing.TB, m *judge.Model) *judge.Classifier {
	tb.Helper()
	c, err := judge.New(judge.Config{
		Council: settings.Council{Name: "Saltmere Borough Council", Aliases: []string{"Saltmere Council", "@SaltmereBC"}},
		People: []settings.Person{
			{Name: "Joan Wetherell", Job: "Refuse driver", Team: "Waste, round 4", Grade: settings.Junior},
			{Name: "Amit Deshpande", Job: "Chief Executive", Grade: settings.Senior},
			{Name: "Cllr Ros Tibbald", Job: "Leader of the Council", Grade: settings.Member},
		},
		Services: []settings.Service{{ID: "harbour", Name: "Harbour and moorings"}, {ID: "waste", Name: "Anything"}},
		Facts:    []settings.Fact{{ID: "F1", Statement: "Garden waste collection costs £52 a year."}},
		Now:      func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) },
		Model:    m,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestSuite(t *testing.T) {
	classifytest.Run(t, func(tb testing.TB) classify.Classifier { return saltmere(tb) })
}

// TestANumberIsReadBesideAFactInItsWords, and masks stay where they are.
func TestANumberIsReadBesideAFactInItsWords(t *testing.T) {
	c := saltmere(t)
	said := c.Text("1", "Joan Wetherell takes the garden waste for a pound a week")
	p := c.Beside(&said, []int{0})[0]
	if p.Text != "<staff> takes the garden waste for £52 a year" || len(p.Masks) != 1 || p.Masks[0].As != encoder.Staff {
		t.Errorf("%+v", p)
	}
	if plain := c.Text("2", "no number"); c.Beside(&plain, []int{0})[0].Text != plain.Passage.Text {
		t.Error("a text without numbers was changed")
	}
}

func verdict(t *testing.T, s string) classify.Verdict {
	t.Helper()
	vs, err := saltmere(t).Classify(t.Context(), []sources.Mention{classifytest.Mention("1", s)})
	if err != nil {
		t.Fatal(err)
	}
	return vs[0]
}

func TestTestSentenceTravels(t *testing.T) {
	v := verdict(t, "hello "+judge.TestSentence)
	if !v.Has(classify.Complaint) || len(v.Reasons) == 0 || v.Reasons[0].Why != judge.TestReason {
		t.Fatalf("labels %v, reasons %v", v.Labels, v.Reasons)
	}
	if r := v.Reasons[0]; r.Start != 6 || r.End != 6+len(judge.TestSentence) {
		t.Errorf("span %d..%d", r.Start, r.End)
	}
	if len(v.Risk) > 0 {
		t.Errorf("risk %v: the sentence must wake nobody", v.Risk)
	}
}

func TestPeopleAreFoundAndJuniorsNamed(t *testing.T) {
	const s = "Joan on round 4 waited for my mum. Ros Tibbald never did."
	v := verdict(t, s)
	if !v.Has(classify.JuniorOfficer) || len(v.Officers) != 2 {
		t.Fatalf("labels %v, officers %v", v.Labels, v.Officers)
	}
	if o := v.Officers[0]; o.Name != "Joan Wetherell" || s[o.Start:o.End] != "Joan on round 4" {
		t.Errorf("found %v in %q", o, s[o.Start:o.End])
	}
	if o := v.Officers[1]; o.Grade != settings.Member || s[o.Start:o.End] != "Ros Tibbald" {
		t.Errorf("found %v", o)
	}
	if v := verdict(t, "Amit Deshpande, chief executive, spoke tonight."); v.Has(classify.JuniorOfficer) {
		t.Error("a chief executive is no junior officer")
	}
}

func TestOwnServiceIsFoundByItsName(t *testing.T) {
	if v := verdict(t, "the harbour wants dredging, the moorings are silted up"); v.Service != "harbour" {
		t.Errorf("service %q", v.Service)
	}
	if v := verdict(t, "bins not emptied on our road again, recycling all over the street"); v.Service != "waste" {
		t.Errorf("service %q", v.Service)
	}
}

func TestFalsePriceIsInaccurate(t *testing.T) {
	const s = "Garden waste collection now costs £95 a year, they put it up again"
	v := verdict(t, s)
	if len(v.Facts) != 1 || v.Facts[0].ID != "F1" || v.Facts[0].Stance != "contradicts" || !v.Has(classify.Inaccuracy) {
		t.Errorf("facts %v, labels %v, score %v", v.Facts, v.Labels, v.Scores)
	}
	if v := verdict(t, "Garden waste collection costs £52 a year if anyone is wondering"); v.Has(classify.Inaccuracy) {
		t.Errorf("a true statement was called false: %v", v.Facts)
	}
}

// The models know English: what they make of another language wakes nobody, a person is asked, and plain words of danger still count.
func TestAnotherLanguageIsForAPerson(t *testing.T) {
	for _, s := range []string{
		"Trzeci tydzień nie zabrali śmieci z naszej ulicy, dzwonię do urzędu codziennie i nikt nie odbiera",
		"Toaletele publice din parc sunt închise de două luni și nimeni nu ne spune când se deschid",
		"Mae'r llyfrgell ar gau eto heddiw ac nid oes neb wedi dweud pam wrth y plant",
	} {
		v := verdict(t, s)
		asked := v.Has(classify.Complaint) || slices.Contains(v.Unsure, classify.Complaint)
		if !asked || len(v.Risk) > 0 || !slices.ContainsFunc(v.Reasons, func(r classify.Reason) bool { return strings.HasPrefix(r.Why, "Not in English") }) {
			t.Errorf("%q: labels %v, unsure %v, risk %v, reasons %v", s, v.Labels, v.Unsure, v.Risk, v.Reasons)
		}
	}
	if v := verdict(t, "Nikt mi nie pomaga, gmina nie odpisuje od miesięcy i nie chcę już żyć, przepraszam was wszystkich"); !slices.Contains(v.Risk, classify.SelfHarm) {
		t.Errorf("risk %v", v.Risk)
	}
}

// Who is asked about a doubtful claim sees which fact it may contradict; nothing else is called a contradiction.
func TestADoubtNamesItsFact(t *testing.T) {
	named := 0
	for _, v := range verdicts(t, judge.Config{}) {
		doubt := !v.Has(classify.Inaccuracy) && slices.Contains(v.Unsure, classify.Inaccuracy)
		for _, f := range v.Facts {
			if f.Stance != "contradicts" {
				continue
			}
			if !doubt && !v.Has(classify.Inaccuracy) {
				t.Errorf("%s contradicts %s and is not called inaccurate", v.ID, f.ID)
			}
			if doubt {
				named++
				if !slices.ContainsFunc(v.Reasons, func(r classify.Reason) bool { return strings.HasPrefix(r.Why, "May differ from fact") }) {
					t.Errorf("%s: no reason says so: %v", v.ID, v.Reasons)
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d doubts name a fact, which proves little", named)
	}
}

func TestTrollingIsNeverAloneBesideAGrievance(t *testing.T) {
	for _, s := range []string{
		"like if the bins on your road were missed again this week, comment BIN if you have waited a month 😂",
		"petition to rename the pothole on Mill Lane after the leader, third tyre this month and nobody answers",
	} {
		v := verdict(t, s)
		if v.Has(classify.Trolling) && !v.Has(classify.Complaint) && v.Scores[classify.Complaint] > 0.3 {
			t.Errorf("%q is only trolling beside a complaint of %.2f", s, v.Scores[classify.Complaint])
		}
	}
}

func TestTitleStandsInForText(t *testing.T) {
	m := classifytest.Mention("1", "")
	m.Title = "Joan Wetherell of the bins wins award"
	vs, err := saltmere(t).Classify(t.Context(), []sources.Mention{m})
	if err != nil {
		t.Fatal(err)
	}
	if v := vs[0]; len(v.Officers) != 1 || v.Officers[0].End != 0 {
		t.Errorf("officers %v: found in the title, with no span in the empty text", v.Officers)
	}
}

func TestDeletedMentionSaysNothing(t *testing.T) {
	m := classifytest.Mention("1", "the planners are scum")
	m.State = sources.Deleted
	vs, err := saltmere(t).Classify(t.Context(), []sources.Mention{m})
	if err != nil || len(vs) != 1 || len(vs[0].Labels) > 0 {
		t.Fatalf("%v, %v", vs, err)
	}
}
