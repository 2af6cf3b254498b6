package web

import (
	"maps"
	"slices"
	"testing"

	"github.com/jba/templatecheck"
)

// Every template holds only what its struct has.
func TestEveryTemplateFitsItsStruct(t *testing.T) {
	data := map[string]any{"today": TodayPage{}, "search": SearchPage{}, "case": CasePage{}, "incidents": IncidentsPage{}, "incident": IncidentPage{},
		"ack": AckPage{}, "report": ReportPage{}, "reported": ReportedPage{}, "sources": SourcesPage{}, "source": SourcePage{}, "source-remove": RemovePage{}, "platforms": PlatformsPage{}, "settings": SettingsPage{}, "setting": SettingPage{},
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
