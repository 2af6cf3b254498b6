package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"earshot/classify/probes"
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
		"leet":                 {"1d10t c0uncil 51ag", "idiot~1d10t c0uncil~council slag~51ag"},
		"roads and postcodes":  {"A5 B1021 NE4 5TG room12 covid19", "a5 b1021 ne4 5tg room12 covid19"},
		"hidden letter":        {"sc*m w@nker F***! ke*board", "scum~sc*m wanker~w@nker fuck~f*** ke*board"},
		"hidden first letter":  {"@rse $hoot @rsenal $5", "arse~@rse shoot~$hoot @rsenal $5"},
		"bold is no disguise":  {"it is **free** and 5***", "it is free and 5"},
		"letters apart":        {"you i d i o t now", "you idiot now"},
		"words apart":          {"what a l y i n g r a t", "what a lying rat"},
		"three letters apart":  {"you p i g, A B C or P I G", "you pig a b c or p i g"},
		"letters dotted":       {"s.c.u.m s/c/u/m", "scum scum"},
		"parted by a mark":     {"wan.ker arse_hole re-tired any.way", "wanker arsehole re tired any way"},
		"parted by a picture":  {"id🤡iot p🐷gs great😂love", "idiot pigs great 😂 love"},
		"circled":              {"a ⓟⓘⓖ 🅢🅒🅤🅜", "a pig scum"},
		"turned round":         {"team are \u202emucs\u202c now", "team are scum now"},
		"two foreign scripts":  {"ѕсυм τωaτ", "scum twat"},
		"other spelling":       {"phuck", "fuck~phuck"},
		"initials stay":        {"K. Oduya", "k oduya"},
		"long letters":         {"sooooo idiooot kiiilll", "soo~so idiot~idioot kill~kiill"},
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

// TestDisguisesAreUndone reads every spelling of the probes that was made to slip through as the plain words it stands for.
func TestDisguisesAreUndone(t *testing.T) {
	ps, err := probes.Spellings()
	if err != nil {
		t.Fatal(err)
	}
	missed := 0
	for _, p := range ps {
		if got, want := plainly(p.Tricked), plainly(p.Plain); got != want {
			missed++
			t.Logf("%s reads %q, not %q", p.ID, got, want)
		}
	}
	if len(ps) < 150 || missed > len(ps)/20 {
		t.Errorf("%d of %d spellings are not undone", missed, len(ps))
	}
}

// plainly is s in the words that it is read as.
func plainly(s string) string {
	var out []string
	for _, it := range text.Parse(s).Items(nil, nil) {
		w := it.Text
		if it.Alt != "" && it.Flags&text.Disguised == 0 {
			w = it.Alt
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
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
		"a\u0301\u200d", "👩‍👩‍👧", "www.", "€5 nettl€s", "\"a\" \"", "f*** a w a n k e r", "\u202eab\u202cⓟig id🤡iot", "@rse$hoot!diot", "ѕсυм kiiilll", "ı̇İß"} {
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
