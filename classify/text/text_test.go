package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"earshot/classify/text"
)

// words are the folded forms of the words, numbers and emoji of s, furniture left out.
func words(s string) string {
	var out []string
	for _, it := range text.Parse(s).Items(nil, nil) {
		w := it.Text
		if it.Alt != "" {
			w += "~" + it.Alt
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"case and accents":     {"Siân's BINS weren’t emptied", "sian 's bins werent emptied"},
		"full width":           {"ＢＩＮＳ", "bins"},
		"maths letters":        {"𝓼𝓬𝓾𝓶", "scum"},
		"small capitals":       {"ꜱᴄᴜᴍ", "scum"},
		"look-alikes":          {"іdіоt", "idiot"},
		"another script":       {"сміття не вивезли", "сміття не вивезли"},
		"invisible":            {"id\u200bi\u00adot", "idiot"},
		"leet":                 {"1d10t", "1d10t~idiot"},
		"hidden letter":        {"sc*m w@nker", "sc*m w@nker~wanker"},
		"letters apart":        {"you i d i o t now", "you idiot now"},
		"letters dotted":       {"s.c.u.m", "scum"},
		"initials stay":        {"K. Oduya", "k oduya"},
		"long letters":         {"sooooo idiooot", "soo~so idioot~idiot"},
		"hashtag":              {"#BinsNotEmptied2025", "bins not emptied 2025"},
		"handle":               {"ask @Saltmere_BC.", "ask @saltmere_bc"},
		"mastodon handle":      {"@clerk@council.social hi", "@clerk@council.social hi"},
		"address":              {"see https://a.gov.uk/x?y=1, now", "see <url> now"},
		"money":                {"£1,240.50 and £9.4m", "£1,240.50 and £9.4m"},
		"times and shares":     {"8.30am 4.99% 2024/25 3rd", "8.30am 4.99% 2024/25 3rd"},
		"emoji without tone":   {"👍🏽 no", "👍 no"},
		"question mark stays":  {"true?", "true ?"},
		"page furniture":       {"Most relevant\nGwen P. 3h\nbins again\nLike Reply 3h", "gwen p 3h bins again"},
		"like is a word":       {"I like the park\nreply soon", "i like the park reply soon"},
		"not UTF-8":            {"bin\xffs", "bin s"},
		"hyphen parts a word":  {"three-weekly", "three weekly"},
		"ligature":             {"oﬃcer", "officer"},
		"possessive of a name": {"Gathercole's car", "gathercole 's car"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := words(c.in); got != c.want {
				t.Errorf("%q gives\n%q, not\n%q", c.in, got, c.want)
			}
		})
	}
}

func TestScreenshotNeedsFurniture(t *testing.T) {
	if !text.Parse("Gwen P\nbins\nLike Reply 3h").Screenshot {
		t.Error("a page was not recognised")
	}
	if text.Parse("Share\nthe road\n3h").Screenshot {
		t.Error("ordinary lines were taken for a page")
	}
}

func TestQuotedTokens(t *testing.T) {
	d := text.Parse(`he said "you are scum" to her`)
	for i := range d.Tokens {
		want := d.Tokens[i].Text == "you" || d.Tokens[i].Text == "are" || d.Tokens[i].Text == "scum"
		if got := d.Tokens[i].Has(text.Quoted); got != want {
			t.Errorf("%q quoted: %v", d.Tokens[i].Text, got)
		}
	}
}

func TestMasksStandAsOneItem(t *testing.T) {
	d := text.Parse("tell Ros Tibbald now")
	items := d.Items(nil, []text.Mask{{From: 1, To: 3, Text: "<member>"}})
	if len(items) != 3 || items[1].Text != "<member>" || items[1].From != 1 || items[1].To != 3 {
		t.Fatalf("%+v", items)
	}
}

// check holds what every token promises about its place.
func check(t *testing.T, s string) {
	t.Helper()
	d := text.Parse(s)
	end := 0
	for _, k := range d.Tokens {
		if k.Start < end || k.End <= k.Start || k.End > len(s) {
			t.Fatalf("token %+v of %q does not follow %d", k, s, end)
		}
		if utf8.ValidString(s) && (!utf8.RuneStart(s[k.Start]) || k.End < len(s) && !utf8.RuneStart(s[k.End])) {
			t.Fatalf("token %+v of %q cuts a rune", k, s)
		}
		if k.Text == "" || !utf8.ValidString(k.Text) {
			t.Fatalf("token %+v of %q", k, s)
		}
		end = k.End
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a", "i d i o t s", "s.c.u.m.", "£", "£ 5", "@", "#", "#Bins", "f**k", "it's", "don’t", "ﷺ", "\xff\xc3", "8:30am/9", "1d10t", "K. O'Duya\nLike Reply 3h",
		"a\u0301\u200d", "👩‍👩‍👧", "www.", "€5 nettl€s", "\"a\" \"", "ı̇İß"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}

func BenchmarkParse(b *testing.B) {
	const s = "Brown bin missed again on Tansey Road, thats twice this month. Reported both times and nobody has been back for it. @SaltmereBC #BinsAgain 😡"
	var d text.Doc
	b.ReportAllocs()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		d.Parse(s)
	}
}
