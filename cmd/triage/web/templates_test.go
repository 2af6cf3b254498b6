package web

import (
	"maps"
	"slices"
	"testing"

	"earshot/cmd/internal/node"

	"github.com/jba/templatecheck"
)

// Every template holds only what its struct has.
func TestEveryTemplateFitsItsStruct(t *testing.T) {
	data := map[string]any{"today": TodayPage{}, "search": SearchPage{}, "case": CasePage{}, "incidents": IncidentsPage{}, "incident": IncidentPage{},
		"ack": AckPage{}, "report": ReportPage{}, "reported": ReportedPage{}, "sources": SourcesPage{}, "source": SourcePage{}, "source-remove": RemovePage{}, "platforms": PlatformsPage{}, "import": ImportPage{}, "settings": SettingsPage{}, "setting": SettingPage{},
		"people": PeoplePage{}, "tokens": TokensPage{}, "numbers": NumbersPage{}, "sample": SamplePage{}, "audit": AuditPage{}, "help": HelpPage{}, "sign-in": SignInPage{},
		"sign-out": SignOutPage{}, "welcome": WelcomePage{}, "error": ErrorPage{}}
	if got, want := slices.Sorted(maps.Keys(data)), slices.Sorted(slices.Values(pageNames)); !slices.Equal(got, want) {
		t.Fatalf("structs for %v, templates for %v", got, want)
	}
	p, err := openPages("")
	if err != nil {
		t.Fatal(err)
	}
	for n, d := range data {
		if err := templatecheck.CheckHTML(p.parsed[n], d); err != nil {
			t.Errorf("page %s: %v", n, err)
		}
	}
}

// Every kind of source stands under a heading of its own, and none twice.
func TestEveryKindOfSourceHasItsGroup(t *testing.T) {
	r := node.Registry()
	n := 0
	for _, g := range groupPlatforms(r, nil) {
		if g.Title == "Others" {
			t.Errorf("without a heading: %+v", g.Kinds)
		}
		for _, k := range g.Kinds {
			n++
			if k.Title == "" || k.Reads == "" || k.Price == "" {
				t.Errorf("%s says nothing of what it reads or costs", k.Kind)
			}
		}
	}
	if n != len(r) {
		t.Errorf("%d kinds are listed of %d", n, len(r))
	}
}
