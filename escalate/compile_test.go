package escalate

import (
	"strings"
	"testing"

	"earshot/settings"
)

// council is the settings the tests stand on.
func council() *settings.Folder {
	return &settings.Folder{
		Council: settings.Council{Name: "Westford Council", QuietHours: "send", Links: map[string]string{"complaints": "https://www.westford.example/complaints"},
			Inboxes: settings.Inboxes{Publicity: []string{"publicity@westford.example"}, HR: []string{"hr@westford.example"},
				Monitoring: []string{"monitoring@westford.example"}, OnCall: []string{"first@westford.example", "second@westford.example"},
				From: "earshot@westford.example"}},
		People: []settings.Person{{Name: "Dana Whitlock", Job: "planning officer", Grade: settings.Junior}, {Name: "Ann Chief", Grade: settings.Senior}},
		Facts:  []settings.Fact{{ID: "F07", Statement: "Council tax rose by 4.99% in 2026.", SourceURL: "https://www.westford.example/tax"}},
	}
}

func table(t testing.TB, change func(*settings.Folder)) *Table {
	t.Helper()
	f := council()
	if change != nil {
		change(f)
	}
	tbl, err := CompileRoutes(f)
	if err != nil {
		t.Fatal(err)
	}
	return tbl
}

func TestCompileReportsEveryFaultInOneRun(t *testing.T) {
	f := council()
	f.Council.QuietHours = "sometimes"
	f.Routes.Routes = []settings.Route{
		{ID: "a", Labels: []string{"complant"}, Audience: "comms"},
		{ID: "a", Risk: []string{"flood"}, Audience: "press"},
		{ID: "", Labels: []string{"abuse"}, Target: "dog", Audience: "hr"},
		{ID: "risk", Audience: "on_call"},
		{ID: "score", MinScore: 2, Audience: "comms"},
		{ID: "box", Labels: []string{"abuse"}, Audience: "comms", Receivers: []string{"inbox:press", "a@b.example\r\nBcc: x@y.example", "none"}},
		{ID: "fast", Labels: []string{"abuse"}, Audience: "comms", Repeat: 1, Step: 1, Template: "nope", Services: []string{"bins"}},
		{ID: "all", Audience: "comms", Stop: true},
		{ID: "late", Labels: []string{"trolling"}, Audience: "comms"},
	}
	_, err := CompileRoutes(f)
	if err == nil {
		t.Fatal("compiled")
	}
	for _, want := range []string{
		`quiet_hours "sometimes" is unknown`, `tag "complant" is unknown (did you mean complaint?)`, `risk "flood" is unknown`,
		`audience "press" is unknown`, `route a: the id is used twice`, `route 3 has no id`, `target "dog" is unknown`, `route risk: the id is used twice or belongs to the program`,
		`min_score 2 is not between 0 and 1`, `inbox "press" is unknown`, `is not a mail address such as`, `receivers holds none and others`,
		`would flood the inbox`, `leaves nobody time`, `there is no template "nope"`, `service "bins" is unknown`,
		`route late is never tried, because route all before it takes everything and stops`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no sentence says %q", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
	for _, f := range settings.Faults(err) {
		if strings.ContainsAny(f.Problem, "\r\n") {
			t.Errorf("a fault spans lines: %q", f.Problem)
		}
	}
}

func TestCompileUnreachableInbox(t *testing.T) {
	f := council()
	f.Council.Inboxes.HR = nil
	f.Routes.Routes = []settings.Route{{ID: "x", Labels: []string{"abuse"}, Audience: "hr", Receivers: []string{"inbox:hr"}}}
	if _, err := CompileRoutes(f); err == nil || !strings.Contains(err.Error(), "nobody can be reached at inbox:hr") {
		t.Fatal(err)
	}
}

func TestCompileWarnsOfEmptyInboxes(t *testing.T) {
	tbl := table(t, func(f *settings.Folder) { f.Council.Inboxes = settings.Inboxes{Publicity: []string{"p@x.example"}} })
	all := strings.Join(tbl.Warnings, "\n")
	for _, want := range []string{"inboxes.hr is empty", "inboxes.monitoring is empty", "the publicity inbox is told of threats"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning says %q in:\n%s", want, all)
		}
	}
	if got := tbl.byID[routeRisk].to; len(got) != 1 || got[0] != "p@x.example" {
		t.Errorf("risk goes to %v", got)
	}
}

func TestCompileWarnsOfVariablesNothingFills(t *testing.T) {
	tbl := table(t, func(f *settings.Folder) {
		f.Templates = map[string]settings.Template{"complaint": {Body: "{{link complaints}} {{link complaint}} {{blank their name}} {{ refrence }} {{reference}}"}}
	})
	if all := strings.Join(tbl.Warnings, " "); len(tbl.Warnings) != 2 || !strings.Contains(all, "{{refrence}}") || !strings.Contains(all, `no link "complaint"`) {
		t.Fatal(tbl.Warnings)
	}
}

func TestCompileSample(t *testing.T) {
	f, err := settings.Load(settings.Sample())
	if err != nil {
		t.Fatal(err)
	}
	tbl, err := CompileRoutes(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(tbl.Warnings) > 0 {
		t.Errorf("the sample council has warnings: %q", tbl.Warnings)
	}
	if !tbl.sendAlways {
		t.Error("a newcomer at night would see no mail")
	}
}
