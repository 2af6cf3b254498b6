package escalate

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "rewrite the golden mails in testdata")

// post has a name, abuse, markup, an emoji, a right-to-left override and a long word in it.
func post() classify.Tagged {
	text := "Dana Whitlock in planning is a useless toad <script>alert(1)</script> 🎉 \u202eevil\n\nMy bin was missed AGAIN & council tax rose by 12%. " + strings.Repeat("w", 120)
	staff := "staff"
	return classify.Tagged{
		Mention: sources.Mention{ID: "facebook:123_456/7", Platform: "facebook", Kind: sources.Comment, Text: text, ThreadID: "facebook:123",
			Author: sources.Author{Handle: "@resident\r\nBcc: x@y.example"}, CreatedAt: time.Date(2026, 11, 10, 9, 58, 0, 0, time.UTC),
			FetchedAt: time.Date(2026, 11, 10, 10, 40, 0, 0, time.UTC), Permalink: "https://www.facebook.com/groups/1/posts/2?x=1&y=2"},
		Verdict: classify.Verdict{ID: "facebook:123_456/7", Labels: []classify.Label{classify.Complaint, classify.Abuse, classify.Inaccuracy, classify.JuniorOfficer},
			Scores: map[classify.Label]float64{classify.Complaint: 0.93, classify.Abuse: 0.91, classify.Inaccuracy: 0.81, classify.JuniorOfficer: 1}, Target: &staff,
			Officers: []classify.Officer{{Name: "Dana Whitlock", Grade: settings.Junior, Start: 0, End: 13}},
			Facts:    []classify.FactMatch{{ID: "F07", Stance: "contradicts", Start: 120, End: 140}}, Service: "waste", Stage: classify.Fast,
			Reasons: []classify.Reason{{Label: "complaint", Start: 90, End: 104, Why: "a service failed (missed)"}, {Label: "abuse", Start: 29, End: 43, Why: "an insult aimed at Dana Whitlock"}}},
	}
}

// mailOf composes the mail of the incident that a mention opens for an audience.
func mailOf(t *testing.T, f *settings.Folder, audience string, step int, change func(*classify.Tagged)) Notification {
	t.Helper()
	now := time.Date(2026, 11, 10, 10, 41, 0, 0, time.UTC)
	tbl, err := CompileRoutes(f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(Config{Dir: t.TempDir(), Table: tbl, Ledger: NewLedger(), Notifier: nowhere{}, Journal: nowhere{}, PublicURL: "https://earshot.westford.example",
		Signer: NewSigner([]byte("golden")), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	m := post()
	if change != nil {
		change(&m)
	}
	if err := d.HandleTagged(t.Context(), []classify.Tagged{m}); err != nil {
		t.Fatal(err)
	}
	found := d.cfg.Ledger.List(casework.Viewer{Role: casework.System}, Filter{Audience: audience})
	if len(found) == 0 {
		t.Fatalf("nothing for %s", audience)
	}
	i := found[0]
	to := d.table.Load().byID[i.Routes[0]].to[0]
	n, err := d.compose(t.Context(), to, i.Reasons[0].Urgent(), []job{{Incident: i.ID, Step: step}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type nowhere struct{}

func (nowhere) Send(context.Context, Notification) error       { return nil }
func (nowhere) Append(context.Context, []casework.Event) error { return nil }

func TestGoldenMails(t *testing.T) {
	complaintOnly := func(m *classify.Tagged) {
		m.Mention.Text, m.Verdict.Labels, m.Verdict.Officers, m.Verdict.Facts, m.Verdict.Target = "My bin was missed again.", []classify.Label{classify.Complaint}, nil, nil, nil
		m.Mention.Author.Handle = "@resident"
		m.Verdict.Reasons = m.Verdict.Reasons[:1]
	}
	threat := func(m *classify.Tagged) { m.Verdict.Risk = []classify.Risk{classify.Threat} }
	for _, c := range []struct {
		name, audience string
		step           int
		change         func(*classify.Tagged)
	}{
		{"complaint", AudienceComms, 0, complaintOnly},
		{"complaint-reminder", AudienceComms, 1, complaintOnly},
		{"everything", AudienceComms, 0, nil},
		{"hr", AudienceHR, 0, nil},
		{"monitoring", AudienceMonitoring, 0, func(m *classify.Tagged) { member := "member"; m.Verdict.Target = &member }},
		{"threat", AudienceOnCall, 0, threat},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := mailOf(t, council(), c.audience, c.step, c.change)
			golden(t, c.name+".txt", "To: "+n.To+"\nSubject: "+n.Subject+"\nMessage-ID: "+n.MessageID+"\n\n"+n.Text)
			golden(t, c.name+".html", n.HTML)
			check(t, n)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "mails", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference:\n%s", path, got)
	}
}

// check asks of every mail what must hold whatever it says.
func check(t *testing.T, n Notification) {
	t.Helper()
	if strings.ContainsAny(n.Subject, "\r\n\u202e") || utf8.RuneCountInString(n.Subject) > subjectRunes {
		t.Errorf("subject %q", n.Subject)
	}
	for _, part := range []string{n.Text, n.HTML} {
		for _, leak := range []string{"Whitlock", "toad", "useless", "\u202e"} {
			if strings.Contains(part, leak) {
				t.Errorf("the mail shows %q", leak)
			}
		}
	}
	root, err := html.Parse(strings.NewReader(n.HTML))
	if err != nil {
		t.Fatal(err)
	}
	acks := 0
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "script", "img", "link", "form", "iframe":
			t.Errorf("the mail has a <%s>", node.Data)
		}
		for _, a := range node.Attr {
			if a.Key == "href" {
				if !strings.HasPrefix(a.Val, "https://") {
					t.Errorf("a link leads to %q", a.Val)
				}
				if strings.Contains(a.Val, "/ack/") {
					acks++
				}
				if !strings.Contains(n.Text, a.Val) {
					t.Errorf("the text part lacks the link %q", a.Val)
				}
			}
		}
	}
	if acks != 1 {
		t.Errorf("%d acknowledge links", acks)
	}
	if len(n.Text)+len(n.HTML) > 64<<10 {
		t.Errorf("%d bytes", len(n.Text)+len(n.HTML))
	}
}

// A fact that a mention may contradict is for who looks at the case; a mail and the draft in it state only what is given.
func TestADoubtfulFactIsInNoMail(t *testing.T) {
	f := council()
	f.Templates = map[string]settings.Template{"complaint": {Head: map[string]string{"for": "complaint"}, Body: "Sorry. {{fact.statement}}\n"}}
	n := mailOf(t, f, AudienceComms, 0, func(m *classify.Tagged) {
		m.Verdict.Labels = []classify.Label{classify.Complaint}
		m.Verdict.Unsure = []classify.Label{classify.Inaccuracy}
	})
	if strings.Contains(n.Text, "4.99") || !strings.Contains(n.Text, "Sorry. [fact statement]") || !strings.Contains(mailOf(t, f, AudienceComms, 0, nil).Text, "4.99") {
		t.Errorf("the mail states the fact:\n%s", n.Text)
	}
}

func TestSummaryMail(t *testing.T) {
	tbl := table(t, nil)
	now := time.Date(2026, 11, 10, 10, 41, 0, 0, time.UTC)
	d, err := Open(Config{Dir: t.TempDir(), Table: tbl, Ledger: NewLedger(), Notifier: nowhere{}, Journal: nowhere{}, PublicURL: "https://earshot.westford.example",
		Signer: NewSigner([]byte("golden")), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var batch []classify.Tagged
	for k := range summaryRows + 7 {
		m := post()
		m.Mention.ID, m.Mention.ThreadID = "facebook:"+strings.Repeat("x", k+1), ""
		batch = append(batch, m)
	}
	if err := d.HandleTagged(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for _, audience := range []string{AudienceComms, AudienceHR} {
		var jobs []job
		for _, i := range d.cfg.Ledger.List(casework.Viewer{Role: casework.System}, Filter{Audience: audience}) {
			jobs = append(jobs, job{Incident: i.ID})
		}
		n, err := d.compose(t.Context(), "a@x.example", false, jobs)
		if err != nil {
			t.Fatal(err)
		}
		if n.Subject != "57 more incidents wait for somebody" || strings.Count(n.Text, "/ack/") != summaryRows || !strings.Contains(n.Text, "And 7 more") {
			t.Errorf("%s\n%s", n.Subject, n.Text)
		}
		if audience == AudienceHR && (strings.Contains(n.Text, "abuse") || strings.Contains(n.Text, "Waste")) {
			t.Errorf("HR's summary says too much:\n%s", n.Text)
		}
		again, err := d.compose(t.Context(), "a@x.example", false, jobs)
		if err != nil || again.MessageID != n.MessageID {
			t.Errorf("Message-ID %s, then %s", n.MessageID, again.MessageID)
		}
	}
}

func TestDraftFromTheCouncilsTemplate(t *testing.T) {
	f := council()
	f.Council.Links["missed_bin"] = "https://www.westford.example/bins"
	f.Templates = map[string]settings.Template{
		"complaint": {Head: map[string]string{"for": "complaint"}, Body: "Sorry. {{link complaints}} {{link gone}} {{service}} {{blank their name}} {{answer_by}}\n"},
		"a-holding": {Head: map[string]string{"for": "complaint", "holding": "yes"}, Body: "holding"},
		"bins":      {Head: map[string]string{"for": "complaint", "service": "waste"}, Body: "bins"},
	}
	n := mailOf(t, f, AudienceComms, 0, func(m *classify.Tagged) { m.Verdict.Labels = []classify.Label{classify.Complaint} })
	want := "Sorry. https://www.westford.example/complaints [gone] waste and recycling [their name] Thu 10:40"
	if !strings.Contains(n.Text, want) {
		t.Errorf("%s\nwant %s", n.Text, want)
	}
}

func TestWords(t *testing.T) {
	tbl := table(t, nil)
	for _, c := range []struct {
		name, text, want string
		v                classify.Verdict
	}{
		{"names by roster, whatever the case", "ask DANA WHITLOCK, Dana Whitlocks not", "ask [officer's name], Dana Whitlocks not", classify.Verdict{}},
		{"a senior name stays", "ask Ann Chief", "ask Ann Chief", classify.Verdict{Officers: []classify.Officer{{Name: "Ann Chief", Grade: settings.Senior, Start: 4, End: 13}}}},
		{"a name inside abuse is a name", "vile Dana Whitlock", "v**** [officer's name]", classify.Verdict{Labels: []classify.Label{classify.Abuse}, Reasons: []classify.Reason{{Label: "abuse", Start: 0, End: 18}}}},
		{"abuse without a place is covered whole", "you are scum, all", "y**** a**** s****, a****", classify.Verdict{Labels: []classify.Label{classify.Abuse}}},
		{"whoever judges a threat reads it", "scum, we come tonight", "s****, we come tonight", classify.Verdict{Labels: []classify.Label{classify.Abuse},
			Reasons: []classify.Reason{{Label: "abuse", Start: 0, End: 21}, {Label: "threat", Start: 6, End: 21}}}},
		{"offsets from elsewhere", "é", "é", classify.Verdict{Labels: []classify.Label{classify.Abuse}, Reasons: []classify.Reason{{Label: "abuse", Start: 90, End: 99}}}},
		{"controls", "a\x00b\u200bc\r\nd\u2028e", "abc\nd\ne", classify.Verdict{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, _ := tbl.words(c.text, &c.v)
			if got := strings.Join(lines, "\n"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	long, shortened := tbl.words(strings.Repeat("é", mailWordBytes), &classify.Verdict{})
	if !shortened || !utf8.ValidString(long[0]) || len(long[0]) > mailWordBytes {
		t.Error("a long text is not cut at a rune")
	}
}

func FuzzWords(f *testing.F) {
	f.Add("Dana Whitlock is a toad", 2, 9, 0, 13)
	f.Add("\xff\xfe", -1, 99, 1, 1)
	tbl := table(f, nil)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		lines, _ := tbl.words(text, &classify.Verdict{Labels: []classify.Label{classify.Abuse}, Reasons: []classify.Reason{{Label: "abuse", Start: a, End: b}},
			Officers: []classify.Officer{{Grade: settings.Junior, Start: c, End: d}}})
		for _, l := range lines {
			if !utf8.ValidString(l) || strings.Contains(l, "Dana Whitlock") || strings.ContainsAny(l, "\r\n\u202e") {
				t.Errorf("%q", l)
			}
		}
	})
}
