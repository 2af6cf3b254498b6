package escalate_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/settings"
)

// TestDraftFitsTheCaseNotTheIncident joins cases of several kinds to one incident: each is offered the text of its own verdict.
func TestDraftFitsTheCaseNotTheIncident(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newDesk(t)
		k.folder.Templates = map[string]settings.Template{
			"correction": {Head: map[string]string{"for": "inaccuracy"}, Body: "{{fact.statement}} {{blank your name}}"},
			"parking":    {Body: "parking"},
		}
		k.folder.Routes.Routes = []settings.Route{
			{ID: "parking", Labels: []string{"complaint"}, Services: []string{"parking"}, Audience: "comms", Template: "parking"},
			{ID: "rest", Labels: []string{"complaint", "inaccuracy", "trolling"}, Audience: "comms"},
		}
		k.start()
		defer func() { k.stop() }()

		wrong := tagged("wrong", "thread", "tax rose by 12%", "inaccuracy")
		wrong.Verdict.Facts = []classify.FactMatch{{ID: "F07", Stance: "contradicts"}}
		parked := tagged("parked", "thread", "no bays", "complaint")
		parked.Verdict.Service = "parking"
		relabelled := tagged("relabelled", "thread", "was a complaint once")
		relabelled.Verdict.Stage = classify.Person
		const correction, redirect = "Council tax rose by 4.99% in 2026. [your name]", "We are sorry to read this. So that it is recorded and followed up properly, " +
			"please tell us here: https://www.westford.example/complaints. Thank you."
		cases := []struct {
			name   string
			tagged classify.Tagged
			want   string
			blanks []string
		}{
			{"complaint", tagged("bin", "thread", "my bin was missed", "complaint"), redirect, nil},
			{"inaccuracy", wrong, correction, []string{"your name"}},
			{"complaint by a route with a template of its own", parked, "parking", nil},
			{"complaint and inaccuracy", tagged("both", "thread", "x", "complaint", "inaccuracy"), redirect, nil},
			{"trolling has no template", tagged("troll", "thread", "x", "trolling"), "", nil},
		}
		for _, c := range cases { // the first opens the incident, the others join it
			k.hand(c.tagged)
			time.Sleep(time.Second)
		}
		incidents := k.ledger.List(casework.Viewer{Role: casework.Comms}, escalate.Filter{})
		if len(incidents) != 1 || len(incidents[0].Mentions) != len(cases) {
			t.Fatalf("want one incident of %d cases: %+v", len(cases), incidents)
		}
		tbl := compile(t, func(f *settings.Folder) { *f = *k.folder })
		for _, c := range cases {
			if got := tbl.Draft(incidents[0], &c.tagged); got.Text != c.want || fmt.Sprint(got.Blanks) != fmt.Sprint(c.blanks) {
				t.Errorf("%s: %q, blanks %q; want %q, %q", c.name, got.Text, got.Blanks, c.want, c.blanks)
			}
		}
		if got := tbl.Draft(incidents[0], &relabelled); got.Text != "" {
			t.Errorf("a person took the label away, and the draft is still %q", got.Text)
		}
	})
}
