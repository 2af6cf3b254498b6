package archive_test

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"earshot/classify"
	"earshot/index/archive"
	"earshot/index/indextest"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPack(t *testing.T) {
	var packed, plain int
	for _, want := range indextest.Sample(1, 200) {
		want.Unknown = []byte(`{"later":true}`)
		b, err := archive.Pack(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := archive.Unpack(b, want.Mention.ID)
		if err != nil {
			t.Fatal(err)
		}
		if g, w := asJSON(t, got), asJSON(t, want); g != w {
			t.Fatalf("got %s\nwant %s", g, w)
		}
		packed, plain = packed+len(b), plain+len(asJSON(t, want))
	}
	if packed*2 > plain {
		t.Fatalf("%d bytes packed into %d", plain, packed)
	}
}

// TestPackedByAnEarlierProgram reads what was packed with the first dictionary. When it fails, the dictionary or the form was changed, and
// every record in the world became unreadable: add a new number instead.
func TestPackedByAnEarlierProgram(t *testing.T) {
	line, err := os.ReadFile("testdata/packed1.hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.TrimSpace(string(line)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := archive.Unpack(b, "facebook:1_2")
	if err != nil {
		t.Fatal(err)
	}
	if g, w := asJSON(t, got), asJSON(t, earlier()); g != w {
		t.Fatalf("got %s\nwant %s", g, w)
	}
}

// earlier is what testdata/packed1.hex holds.
func earlier() classify.Tagged {
	m := sources.Mention{ID: "facebook:1_2", Platform: "facebook", Kind: sources.Comment, Text: "Why has the council not collected our bins again?",
		Author: sources.Author{Handle: "westgate_wanda"}, MatchedBy: []string{"council"}, Visibility: "public"}
	return classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Labels: []classify.Label{classify.Complaint}, Unsure: []classify.Label{},
		Scores: map[classify.Label]float64{classify.Complaint: 0.93}, Risk: []classify.Risk{}, Officers: []classify.Officer{}, Facts: []classify.FactMatch{},
		Service: "waste", Reasons: []classify.Reason{{Label: "complaint", Start: 12, End: 39, Why: "says that something was not done"}}, Stage: classify.Fast, Model: "fast@1"}}
}

func TestUnpackDamaged(t *testing.T) {
	good, err := archive.Pack(earlier())
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"empty": nil, "unknown dictionary": append([]byte{9}, good[1:]...), "cut short": good[:len(good)/2], "one byte": good[:1],
		"a length beyond all bounds": {1, 0xff, 0xff, 0xff, 0xff, 0x0f}} {
		if _, err := archive.Unpack(b, "facebook:1_2"); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	good, err := archive.Pack(earlier())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, b []byte) {
		archive.Unpack(b, "facebook:1_2") // an error, perhaps; never a panic
	})
}
