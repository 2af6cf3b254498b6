package index

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

func analysed(text string, english bool) string {
	var out []string
	Analyse(text, english, func(t Token) { out = append(out, fmt.Sprintf("%s/%d", t.Term, t.Pos)) })
	return strings.Join(out, " ")
}

func TestAnalyse(t *testing.T) {
	for text, want := range map[string]string{
		"The BINS were missed":      "the/0 bins/1 bin/1 were/2 wer/2 missed/3 miss/3",
		"#BinDay":                   "#binday/0 binday/0 bin/0 day/1",
		"#NHSStaff #bin_day #1":     "#nhsstaff/0 nhsstaff/0 nhs/0 staff/1 #binday/2 binday/2 bin/2 day/3 1/4",
		"@Ann.Lee: hi":              "@ann.lee/0 ann.lee/0 hi/1",
		"@ann@social.example!":      "@ann@social.example/0 @ann/0 ann/0",
		"ann@example.org":           "ann/0 example/1 org/2 exampl/1",
		"😡😡 👍🏽 🇬🇧":                  "😡/0 😡/1 👍/2 🇬🇧/3",
		"£12.50 £1,200.00 €5m 5%":   "£12.50/0 12.50/0 £1200.00/1 1200.00/1 €5m/2 5m/2 5%/3 5/3",
		"at AB1 2CD":                "at/0 ab12cd/1 ab1/1 2cd/2 ab12cd/2",
		"ab12cd":                    "ab12cd/0 ab1/0 2cd/1 ab12cd/1",
		"council's don’t O'Brien's": "council/0 dont/1 obrien/2",
		"re-use":                    "reuse/0 reus/0 re/0 use/1 reuse/1 reus/1",
		"Café naïve ﬁne":            "cafe/0 caf/0 naive/1 naiv/1 fine/2 fin/2",
		"道路が":                       "道/0 路/1 が/2",
		"हिन्दी":                    "हिन्दी/0",
		"...":                       "",
	} {
		got := strings.Fields(analysed(text, true))
		wanted := strings.Fields(want)
		slices.Sort(got)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%q:\n got %v\nwant %v", text, got, wanted)
		}
	}
	if got := analysed("bins", false); got != "bins/0" {
		t.Errorf("a Polish word is stemmed: %s", got)
	}
}

func TestStem(t *testing.T) {
	for _, same := range []string{
		"bin bins binned binning", "collect collects collected collecting", "make makes making", "bus buses", "box boxes", "party parties partied",
		"house houses housed", "miss misses missed missing", "carry carries carried", "agree agreed agrees", "need needs needed", "pothole potholes",
		"flood floods flooded flooding", "queue queues queued", "lorry lorries", "fill filled filling", "stop stopped stopping",
	} {
		words := strings.Fields(same)
		for _, w := range words[1:] {
			if stem(w) != stem(words[0]) {
				t.Errorf("%s is %s, %s is %s", words[0], stem(words[0]), w, stem(w))
			}
		}
	}
	for _, differ := range []string{"parking park", "housing house", "planning plan", "news new", "collection collect", "bus but", "thing think", "ring red", "gas ga"} {
		a, b, _ := strings.Cut(differ, " ")
		if stem(a) == stem(b) {
			t.Errorf("%s and %s are both %s", a, b, stem(a))
		}
	}
}

func TestSpans(t *testing.T) {
	for _, c := range []struct{ query, text, want string }{
		{"bin", "The bins, a bin: binary", "The [bins], a [bin]: binary"},
		{`"missed collection"`, "missed. A missed collection, collection", "missed. A [missed] [collection], collection"},
		{`"bin late"~2`, "late! my bin; so late so very much later", "[late]! my [bin]; so [late] so very much later"},
		{"col* -late", "Collected late", "[Collected] late"},
		{"#binday", "binday #BinDay", "binday [#BinDay]"},
		{"day", "#BinDay", "[#BinDay]"},
		{"(fly OR rats) tag:abuse", "fly rats abuse", "[fly] [rats] abuse"},
		{"café", "at the CAFÉ", "at the [CAFÉ]"},
		{"-bin", "bin", "bin"},
		{"", "bin", "bin"},
		{"re-use", "reuse re use re-use", "[reuse] [re] [use] [re-use]"},
		{"😡", "a 😡", "a [😡]"},
	} {
		var b strings.Builder
		at := 0
		for _, s := range Spans(parse(t, c.query), c.text) {
			b.WriteString(c.text[at:s[0]] + "[" + c.text[s[0]:s[1]] + "]")
			at = s[1]
		}
		if b.WriteString(c.text[at:]); b.String() != c.want {
			t.Errorf("%s marks %s, want %s", c.query, b.String(), c.want)
		}
	}
}

// TestMaskedTokens: whatever Mask takes away is a masked token, in text, title and pictures' words.
func TestMaskedTokens(t *testing.T) {
	m := classify.Tagged{
		Mention: sources.Mention{Title: "About Jane Doe", Text: "Thanks @JaneDoe and jane doe of bins", Media: []sources.Media{{Alt: "JANE DOE's desk"}}},
		Verdict: classify.Verdict{Officers: []classify.Officer{{Name: "Jane Doe", Grade: settings.Junior, Start: 7, End: 15}}},
	}
	var open, masked []string
	MentionTokens(&m, func(tok MentionToken) {
		if tok.Masked {
			masked = append(masked, tok.Term)
		} else {
			open = append(open, tok.Term)
		}
	})
	for _, term := range open {
		if strings.Contains(term, "jane") || strings.Contains(term, "doe") {
			t.Errorf("%q can be found by everybody", term)
		}
	}
	if len(masked) < 7 || len(open) < 4 {
		t.Errorf("masked %v, open %v", masked, open)
	}
}

func FuzzAnalyse(f *testing.F) {
	for _, s := range []string{"The #BinDay’s £12.50 AB1 2CD re-use 😡👍🏽🇬🇧 @a@b.c 5% 道路 हिन्दी", "a\u200db\u0301\xff#_@-", "1,000,000.5", "\u1f3fb\u20e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pos := 0
		Analyse(s, true, func(tok Token) {
			if tok.Start < 0 || tok.End <= tok.Start || tok.End > len(s) || tok.Term == "" || len(tok.Term) > maxTermBytes+1 {
				t.Fatalf("%q: token %+v", s, tok)
			}
			if utf8.ValidString(s) && !utf8.ValidString(tok.Term) {
				t.Fatalf("%q: term %q is not UTF-8", s, tok.Term)
			}
			if tok.Pos < pos-maxParts || tok.Pos > pos+1 {
				t.Fatalf("%q: position %d after %d", s, tok.Pos, pos)
			}
			pos = max(pos, tok.Pos)
		})
	})
}
