package sources

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"earshot/settings"
)

func compile(t testing.TB, terms ...settings.Term) *Terms {
	t.Helper()
	x, err := CompileTerms(terms, settings.Council{Name: "Exampleford District Council", Aliases: []string{"EDC Exampleford", "@exampleforddc"}})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestMatch(t *testing.T) {
	x := compile(t,
		settings.Term{ID: "bins", Query: `exampleford bins`},
		settings.Term{ID: "lane", Query: `"Mill Lane" roadworks`},
		settings.Term{ID: "tag", Query: `#LoveExampleford`},
		settings.Term{ID: "at", Query: `@parks_ex`},
		settings.Term{ID: "mary", Query: `"St Mary's Hall"`},
		settings.Term{ID: "gardens", Query: `"Abbey Gardens"`, Near: []string{"Exampleford", "pay and display"}, Without: []string{"wedding venue", "@spambot"}},
		settings.Term{ID: "cafe", Query: `"Café Zoë"`},
		settings.Term{ID: "a-b-c", Query: `"alpha beta gamma"`},
		settings.Term{ID: "b-c", Query: `"beta gamma delta"`},
		settings.Term{ID: "chinese", Query: `市议会`},
	)
	for _, c := range []struct{ name, text, author, link, want string }{
		{"the name", "exampleford   district\ncouncil is great", "", "", "council"},
		{"the name as a tag", "yes #ExamplefordDistrictCouncil", "", "", "council"},
		{"an alias", "the EDC Exampleford offices", "", "", "council"},
		{"a possessive", "Exampleford District Council’s plan", "", "", "council"},
		{"a part of a word", "Examplefordshire District Council", "", "", ""},
		{"all words, any order", "Bins again! (Exampleford)", "", "", "bins"},
		{"one of two words", "bins again", "", "", ""},
		{"a word from the link", "bins again", "", "https://www.exampleford.gov.uk/x", "bins"},
		{"phrase and word", "ROADWORKS on Mill-Lane", "", "", "lane"},
		{"phrase not in order", "roadworks lane mill", "", "", ""},
		{"tag", "I #loveexampleford!", "", "", "tag"},
		{"not a tag but the word", "loveexampleford", "", "", ""},
		{"longer tag", "#LoveExamplefordMore", "", "", ""},
		{"handle", "thanks @Parks_Ex.", "", "", "at"},
		{"handle with server", "thanks @parks_ex@social.example", "", "", "at"},
		{"handle on Bluesky", "thanks @parks_ex.bsky.social", "", "", "at"},
		{"longer handle", "thanks @parks_exeter", "", "", ""},
		{"an address is no handle", "write to me@parks_ex", "", "", ""},
		{"handle as author", "hello", "@parks_ex", "", "at"},
		{"possessive without apostrophe", "at St Marys Hall tonight", "", "", "mary"},
		{"possessive as written", "at St Mary’s Hall tonight", "", "", "mary"},
		{"near", "Abbey Gardens in Exampleford", "", "", "gardens"},
		{"near by phrase", "Abbey Gardens, pay-and-display", "", "", "gardens"},
		{"near missing", "Abbey Gardens in Norwich", "", "", ""},
		{"without", "Abbey Gardens Exampleford, a wedding venue", "", "", ""},
		{"without an author", "Abbey Gardens Exampleford", "spambot", "", ""},
		{"accents in the term", "cafe zoe", "", "", "cafe"},
		{"accents apart", "CAFE\u0301 ZOE\u0308", "", "", "cafe"},
		{"bold letters", "𝐂𝐚𝐟𝐞 𝐙𝐨𝐞", "", "", "cafe"},
		{"hidden in a word", "ca\u200bfe zo\u00ade", "", "", "cafe"},
		{"overlapping phrases", "alpha beta gamma delta", "", "", "a-b-c b-c"},
		{"a phrase that falls back", "alpha alpha beta beta gamma delta", "", "", "b-c"},
		{"a script without spaces", "他在市议会工作", "", "", "chinese"},
		{"broken UTF-8", "alpha \xff beta gamma", "", "", "a-b-c"},
		{"nothing", "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(x.Match(c.text, c.author, c.link), " ")
			if got != c.want {
				t.Errorf("matched %q, want %q", got, c.want)
			}
		})
	}
}

func TestTermFaultsAreSentences(t *testing.T) {
	for _, c := range []struct {
		name string
		term settings.Term
		want string
	}{
		{"no id", settings.Term{Query: "x marks"}, "has no id"},
		{"no query", settings.Term{ID: "a"}, "query is empty"},
		{"quote", settings.Term{ID: "a", Query: `"Mill Lane`}, "do not pair"},
		{"signs", settings.Term{ID: "a", Query: `!!!`}, "no letter"},
		{"a person", settings.Term{ID: "a", Query: `"Jo Resident"`, Subject: "person"}, "never watches people"},
		{"a resident", settings.Term{ID: "a", Query: `"Jo Resident"`, Subject: "Resident"}, "P4"},
		{"subject", settings.Term{ID: "a", Query: `mill lane`, Subject: "gossip"}, "write one of"},
		{"too common", settings.Term{ID: "a", Query: `the`}, "nearly everything"},
		{"too short", settings.Term{ID: "a", Query: `uk`}, "nearly everything"},
		{"handle", settings.Term{ID: "a", Query: `@`}, "not a handle"},
		{"near", settings.Term{ID: "a", Query: `"a lane"`, Near: []string{"--"}}, "no letter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := CompileTerms([]settings.Term{c.term, {ID: "a", Query: ""}}, settings.Council{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if n := strings.Count(err.Error(), "\n"); n < 1 {
				t.Errorf("only one of two faults was told: %v", err)
			}
		})
	}
}

// The automaton must agree with a plain search over words, whatever the terms.
func TestMatchAgreesWithAPlainScan(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	words := []string{"aba", "abb", "abc", "abd"}
	sentence := func(n int) []string {
		out := make([]string, n)
		for i := range out {
			out[i] = words[r.IntN(len(words))]
		}
		return out
	}
	matched := 0
	for range 300 {
		var terms []settings.Term
		var phrases [][]string
		for i := range 6 {
			p := sentence(1 + r.IntN(4))
			phrases = append(phrases, p)
			terms = append(terms, settings.Term{ID: fmt.Sprint(i), Query: `"` + strings.Join(p, " ") + `"`})
		}
		x, err := CompileTerms(terms, settings.Council{})
		if err != nil {
			t.Fatal(err)
		}
		text := sentence(r.IntN(12))
		var want []string
		for i, p := range phrases {
			for at := 0; at+len(p) <= len(text); at++ {
				if slices.Equal(text[at:at+len(p)], p) {
					want = append(want, fmt.Sprint(i))
					break
				}
			}
		}
		matched += len(want)
		if got := x.Match(strings.Join(text, " "), ""); !slices.Equal(got, want) {
			t.Fatalf("%v in %v: got %v, want %v", phrases, text, got, want)
		}
	}
	if matched < 100 {
		t.Fatalf("only %d matches in all: the test proves nothing", matched)
	}
}

func TestNilTermsMatchNothing(t *testing.T) {
	var x *Terms
	if x.Match("Exampleford", "") != nil || x.MatchMention(&Mention{Text: "a"}) != nil {
		t.Error("nil matched")
	}
}

const ordinary = "Honestly the state of the roads round here, my car's suspension is ruined and nobody seems to care, third time this month! 😡 https://example.com/abc"

func manyTerms(t testing.TB) *Terms {
	var terms []settings.Term
	for i := range 200 {
		terms = append(terms, settings.Term{ID: fmt.Sprint(i), Query: fmt.Sprintf(`"Sample Place %d" road%d`, i, i), Near: []string{"council"}})
	}
	return compile(t, terms...)
}

func TestTextThatDoesNotMatchCostsNoAllocation(t *testing.T) {
	x := manyTerms(t)
	if n := testing.AllocsPerRun(500, func() {
		if x.Match(ordinary, "jo", "https://example.com/abc") != nil {
			t.Fatal("it matched")
		}
	}); n > 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	x := manyTerms(b)
	b.SetBytes(int64(len(ordinary)))
	b.ReportAllocs()
	for b.Loop() {
		x.Match(ordinary, "jo")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add(`"Mill Lane" bins`, "bins on Mill Lane", "jo")
	f.Add("@a#b", "@@@##\u200d’'s", "")
	f.Fuzz(func(t *testing.T, query, text, author string) {
		x, err := CompileTerms([]settings.Term{{ID: "a", Query: query}}, settings.Council{Name: "Exampleford"})
		if err != nil {
			return
		}
		x.Match(text, author)
		if x.Match("Exampleford", "") == nil {
			t.Error("the council's name is no longer found")
		}
	})
}
