package sources_test

import (
	"testing"

	"earshot/sources"
)

// Versions are kept in the record: another way to compute them would make an edit of every mention that is read again.
func TestVersionStays(t *testing.T) {
	for want, m := range map[string]sources.Mention{
		"06cbeb749b811c21": {Title: "Bins", Text: "missed £ again", TextRaw: "<p>missed £ again", Media: []sources.Media{{Type: "image", Alt: "a bin", Blob: "ab12", URL: "https://example.org/1.png"}}},
		"367dccbe2c103106": {Text: "gone", State: sources.Withheld},
	} {
		if got := m.Version(); got != want {
			t.Errorf("the version of %q is %s, want %s", m.Text, got, want)
		}
	}
}
