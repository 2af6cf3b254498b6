package encoder

import (
	"bufio"
	"bytes"
	"os"
	"slices"
	"testing"
	"unicode/utf8"

	"earshot/classify/classifytest"

	"github.com/go-json-experiment/json"
)

func shippedTokenizer(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := NewTokenizer(string(shippedVocabulary))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

var maskNames = map[string]Special{"staff": Staff, "member": Member, "senior": Senior, "council": Council}

// golden is a line of testdata/golden.jsonl, which classify/train/considered/golden.py writes.
type golden struct {
	Text  string   `json:"text"`
	Masks [][3]any `json:"masks"`
	Fact  string   `json:"fact"`
	IDs   []int32  `json:"ids"`
	Split int      `json:"split"`
}

func (g *golden) input() Input {
	in := Input{Text: Passage{Text: g.Text}, Fact: Passage{Text: g.Fact}}
	for _, m := range g.Masks {
		in.Text.Masks = append(in.Text.Masks, Mask{int(m[0].(float64)), int(m[1].(float64)), maskNames[m[2].(string)]})
	}
	return in
}

func readGolden(t testing.TB) []golden {
	t.Helper()
	file, err := os.ReadFile("testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	for line := bufio.NewScanner(bytes.NewReader(file)); line.Scan(); {
		var g golden
		if err := json.Unmarshal(line.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

// TestAgreesWithReference compares ids with those of the tokenizer that the model was trained with.
func TestAgreesWithReference(t *testing.T) {
	tok := shippedTokenizer(t)
	lines := readGolden(t)
	if len(lines) < 250 {
		t.Fatalf("%d lines prove too little", len(lines))
	}
	masked, pairs, unknown := 0, 0, 0
	for i := range lines {
		g := &lines[i]
		in := g.input()
		ids, split := tok.appendIDs(nil, nil, &in)
		if !slices.Equal(ids, g.IDs) || split != g.Split {
			t.Errorf("line %d, %.80q:\n got %v, %d\nwant %v, %d", i+1, g.Text, ids, split, g.IDs, g.Split)
		}
		masked += len(in.Text.Masks)
		pairs += len(in.Fact.Text)
		if slices.Contains(ids, tok.v.unknown) {
			unknown++
		}
	}
	if masked == 0 || pairs == 0 || unknown == 0 {
		t.Errorf("%d masks, %d bytes of facts, %d lines with unknown pieces: the lines are too tame", masked, pairs, unknown)
	}
}

func TestSpans(t *testing.T) {
	tok := shippedTokenizer(t)
	for name, c := range map[string]struct {
		in   Passage
		want []string
	}{
		"words":            {Passage{Text: "The bin, again"}, []string{"The", "bin", ",", "again"}},
		"parts":            {Passage{Text: "Tokenization"}, []string{"Token", "ization"}},
		"accents":          {Passage{Text: "cafe\u0301 Siân"}, []string{"cafe\u0301", "Si", "ân"}},
		"invisible inside": {Passage{Text: "bi\u200bn"}, []string{"bi\u200bn"}},
		"chinese":          {Passage{Text: "a漢字b"}, []string{"a", "漢", "字", "b"}},
		"unknown":          {Passage{Text: "x 😂😂 y"}, []string{"x", "😂😂", "y"}},
		"mask":             {Passage{"ask Joan Smith!", []Mask{{4, 14, Staff}}}, []string{"ask", "Joan Smith", "!"}},
		"mask in a word":   {Passage{"bins", []Mask{{1, 3, Council}}}, []string{"b", "in", "s"}},
		"one taken apart":  {Passage{Text: "\u00bd 1\u2260 2"}, []string{"\u00bd", "1", "\u2260", "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range tok.Append(nil, c.in, MaxPieces) {
				got = append(got, c.in.Text[p.Start:p.End])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestBadMasksArePassedOver(t *testing.T) {
	tok := shippedTokenizer(t)
	const text = "ask Joan now"
	want := tok.Append(nil, Passage{text, []Mask{{4, 8, Staff}}}, MaxPieces)
	bad := []Mask{{-1, 3, Staff}, {4, 8, Staff}, {6, 9, Staff}, {9, 9, Member}, {9, 99, Member}, {9, 12, 0}, {9, 12, 77}, {10, 2, Staff}}
	if got := tok.Append(nil, Passage{text, bad}, MaxPieces); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// faults says what is wrong with pieces of p.
func faults(p Passage, pieces []Piece) (out []string) {
	at, whole := int32(0), utf8.ValidString(p.Text)
	for _, x := range pieces {
		if x.Start < at || x.End < x.Start || int(x.End) > len(p.Text) {
			out = append(out, "a span goes back or leaves the text")
		}
		if whole && !utf8.ValidString(p.Text[x.Start:x.End]) {
			out = append(out, "a span cuts a rune")
		}
		at = x.Start
	}
	return out
}

func TestHostileText(t *testing.T) {
	tok := shippedTokenizer(t)
	for name, s := range classifytest.Hostile {
		p := Passage{Text: s}
		pieces := tok.Append(nil, p, len(s)+1)
		for _, fault := range faults(p, pieces) {
			t.Errorf("%s: %s", name, fault)
		}
		short := tok.Append(nil, p, 50)
		if !slices.Equal(short, pieces[:min(50, len(pieces))]) {
			t.Errorf("%s: the first 50 pieces are not those of the whole", name)
		}
	}
}

func FuzzTokenizer(f *testing.F) {
	for _, s := range classifytest.Everyday {
		f.Add(s, 3, 9)
	}
	for _, s := range []string{"", "\xff", "e\u0301\u0302", "한글", "\u200b", "a\x00b", "İ", "≠", "[SEP]", "漢a漢"} {
		f.Add(s, 0, 1)
	}
	tok := shippedTokenizer(f)
	f.Fuzz(func(t *testing.T, s string, start, end int) {
		p := Passage{s, []Mask{{start, end, Staff}}}
		pieces := tok.Append(nil, p, len(s)+1)
		for _, x := range pieces {
			if x.Start < 0 || x.End < x.Start || int(x.End) > len(s) {
				t.Fatalf("%q: piece %v leaves the text", s, x)
			}
		}
		if len(pieces) > len(s) {
			t.Fatalf("%q: %d pieces of %d bytes", s, len(pieces), len(s))
		}
		if cut := tok.Append(nil, p, 3); !slices.Equal(cut, pieces[:min(3, len(pieces))]) {
			t.Fatalf("%q: cut short it begins otherwise: %v, not %v", s, cut, pieces)
		}
	})
}
