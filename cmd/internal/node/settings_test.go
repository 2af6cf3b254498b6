package node

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"earshot/settings"
)

func TestSettingsImportIsAllOrNothing(t *testing.T) {
	l := openTestLog(t)
	refuse := errors.New("routes.yaml: nobody can be reached")
	judge := func(f *settings.Folder) error {
		if f.Council.Name == "Unreachable" {
			return refuse
		}
		return nil
	}
	s := OpenSettings(l.Settings, slog.New(slog.DiscardHandler), judge)
	if s.Current() != nil {
		t.Fatal("an empty log has settings")
	}
	seen := 0
	s.Subscribe(func(*Current) { seen++ })
	files := func(name, terms string) map[string][]byte {
		return map[string][]byte{"council.yaml": []byte("name: " + name + "\n"), "terms.yaml": []byte(terms)}
	}
	good := "terms:\n  - {id: hall, query: town hall, subject: place, by: comms, why: listening}\n"
	if n, err := s.Import(t.Context(), files("Westmere", good), "test", "first"); err != nil || n != 2 {
		t.Fatalf("Import = %d, %v", n, err)
	}
	if n, err := s.Import(t.Context(), files("Westmere", good), "test", "again"); err != nil || n != 0 {
		t.Errorf("importing the same again changed %d files (%v)", n, err)
	}
	if _, err := s.Import(t.Context(), files("Eastmere", "terms:\n  - {id: a, query: '\"open'}\n"), "test", "bad"); err == nil || !strings.Contains(err.Error(), "terms.yaml") {
		t.Errorf("a broken term gave %v", err)
	}
	if _, err := s.Import(t.Context(), files("Unreachable", good), "test", "bad"); !errors.Is(err, refuse) {
		t.Errorf("a folder that a stage cannot use gave %v", err)
	}
	if c := s.Current(); c.Council.Name != "Westmere" || len(c.Versions) != 2 || seen != 1 {
		t.Errorf("in force are %q, %d files; subscribers saw %d changes", c.Council.Name, len(c.Versions), seen)
	}
	again := OpenSettings(l.Settings, slog.New(slog.DiscardHandler), judge)
	if c := again.Current(); c == nil || c.Council.Name != "Westmere" || c.Terms == nil {
		t.Errorf("another node reads %+v", c)
	}
}

// No option that a form offers is refused by the settings, as something that looks like a key is.
func TestTheSettingsTakeEveryOptionOfEveryConnector(t *testing.T) {
	n := 0
	for _, name := range Registry().Names() {
		s := settings.Source{ID: name, Kind: name, Options: map[string]string{}}
		for _, o := range Registry()[name].Options {
			s.Options[o.Name] = "x"
			n++
		}
		file, err := settings.PutSource(nil, s)
		if err == nil {
			_, err = settings.FromFiles(map[string][]byte{settings.CouncilFile: []byte("name: Westmere"), settings.SourcesFile: file})
		}
		if err != nil {
			t.Error(err)
		}
	}
	if n < 50 {
		t.Errorf("only %d options were tried", n)
	}
}
