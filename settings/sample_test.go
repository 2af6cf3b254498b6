package settings

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestSampleHasNothingToMend(t *testing.T) {
	f, err := Load(Sample())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Notes) > 0 {
		t.Errorf("notes: %v", f.Notes)
	}
	grades := map[Grade]int{}
	for _, p := range f.People {
		grades[p.Grade]++
	}
	if grades[Senior] < 3 || grades[Junior] < 5 || grades[Member] < 5 || len(f.Facts) < 20 || len(f.Terms) == 0 || len(f.Templates) < 3 {
		t.Errorf("the sample is thin: grades %v, %d facts, %d terms, %d templates", grades, len(f.Facts), len(f.Terms), len(f.Templates))
	}
	for _, s := range f.Sources {
		if !s.Paused {
			t.Errorf("source %s of the sample would run", s.ID)
		}
	}
}

// TestSampleReachesNobody looks for addresses that could belong to somebody.
func TestSampleReachesNobody(t *testing.T) {
	files, err := ReadFiles(Sample())
	if err != nil {
		t.Fatal(err)
	}
	addresses := regexp.MustCompile(`[\w.+-]+@([\w-]+\.[\w.-]+)`)
	found := 0
	for name, b := range files {
		for _, m := range addresses.FindAllSubmatch(b, -1) {
			found++
			if !bytes.HasSuffix(m[1], []byte(".example")) {
				t.Errorf("%s names the address %s", name, m[0])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d addresses were looked at", found)
	}
}

func TestSampleMentions(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	lines := SampleMentions(now)
	if len(lines) < 80 {
		t.Fatalf("%d mentions", len(lines))
	}
	seen, langs := map[string]time.Time{}, map[string]bool{}
	var last time.Time
	for i, line := range lines {
		var m struct {
			ID, Platform, Kind, Text, Lang string
			ParentID                       string    `json:"parent_id"`
			Age                            string    `json:"age"`
			At                             time.Time `json:"created_at"`
		}
		if err := json.Unmarshal(line, &m, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		switch {
		case !strings.HasPrefix(m.ID, m.Platform+":") || m.Text == "" || m.Kind == "" || m.Age != "":
			t.Errorf("line %d is no mention: %s", i+1, line)
		case m.At.Before(last) || m.At.After(now):
			t.Errorf("line %d is of %v, after one of %v", i+1, m.At, last)
		case m.ParentID != "" && seen[m.ParentID].IsZero():
			t.Errorf("line %d answers %s, which comes later or never", i+1, m.ParentID)
		case !seen[m.ID].IsZero():
			t.Errorf("line %d: %s is there twice", i+1, m.ID)
		}
		seen[m.ID], last, langs[m.Lang] = m.At, m.At, true
	}
	if newest := now.Sub(last); newest > 10*time.Minute {
		t.Errorf("the newest mention is %v old", newest)
	}
	if !langs["en"] || !langs["cy"] || !langs["pl"] {
		t.Errorf("languages: %v", langs)
	}
}
