package sources

import (
	"strings"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

const (
	maxLangBytes   = 400 // of the text are looked at
	minLangLetters = 32  // fewer say too little for the trigram method
)

// Words that nearly only one language has, folded; under "en~" those that English shares with a neighbour, which count half and never
// alone.
var commonWords = func() map[string]string {
	m := map[string]string{}
	for lang, words := range map[string]string{
		"en": `the and you that with this from they what been when your would there their could should about which because people
			its our why who where how has had were will can cant dont isnt just more than then them these those after again before
			being every never always really still only also into over off out any all some too very much many council bin bins road
			thanks thank please help need want know think good great best time today love people free got get going been said does did didnt youre
			im ive thats whats she her his him let lets back down first made make way well right another anything something someone help`,
		"en~": `to of is in for it on my me at was be have are not no do so if we he but just like am now see new one day up as by an or a i u via`,
		"cy": `mae yn yr ac nid oes ddim wedi bod gan ein eich hwn hon hyn yw ydy ydych rydym dwi chi nhw ond pan pam sut ble beth pwy
			fel hefyd efo gyda gwych diolch cyngor sir heddiw eto mewn gyfer rhaid sydd roedd bydd dydd dros heb nawr rwan ar ei eu`,
	} {
		for w := range strings.FieldsSeq(words) {
			m[w] = lang
		}
	}
	return m
}()

// spoken are the languages that trigrams choose from: those of other scripts that the method knows, and of the Latin script those that
// thousands of people in Britain speak (Census 2021, table TS024). The time it takes grows with their number, and a language nobody here
// speaks is mostly a wrong guess about a short text.
var spoken = whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{
	whatlanggo.Ces: true, whatlanggo.Deu: true, whatlanggo.Eng: true, whatlanggo.Fra: true, whatlanggo.Hau: true, whatlanggo.Hrv: true, whatlanggo.Hun: true,
	whatlanggo.Ibo: true, whatlanggo.Ita: true, whatlanggo.Lav: true, whatlanggo.Lit: true, whatlanggo.Nld: true, whatlanggo.Pol: true, whatlanggo.Por: true,
	whatlanggo.Ron: true, whatlanggo.Sna: true, whatlanggo.Som: true, whatlanggo.Spa: true, whatlanggo.Swe: true, whatlanggo.Tgl: true, whatlanggo.Tur: true,
	whatlanggo.Vie: true, whatlanggo.Yor: true,
	whatlanggo.Amh: true, whatlanggo.Arb: true, whatlanggo.Bel: true, whatlanggo.Bul: true, whatlanggo.Heb: true, whatlanggo.Hin: true, whatlanggo.Mar: true,
	whatlanggo.Mkd: true, whatlanggo.Nep: true, whatlanggo.Pes: true, whatlanggo.Rus: true, whatlanggo.Srp: true, whatlanggo.Tir: true, whatlanggo.Ukr: true,
	whatlanggo.Urd: true, whatlanggo.Ydd: true,
}}

// DetectLang returns the BCP 47 tag of the language text is written in, or nothing when that cannot be said honestly: too
// short, too mixed, or two languages equally likely. English and Welsh are told by their commonest words, which is quick and which for
// Welsh is the only way here; the rest by trigrams (whatlanggo) when that method calls itself reliable.
func DetectLang(text string) string {
	text = Cut(text, maxLangBytes)
	words, english, shared, welsh, letters := countCommon(text)
	switch {
	case welsh >= 3 && welsh*5 >= words && welsh > english:
		return "cy"
	case words >= 4 && english >= 1 && 2*english+shared >= 4 && (english+shared)*5 >= words && english > 2*welsh:
		return "en"
	case letters < minLangLetters:
		return ""
	}
	info := whatlanggo.DetectWithOptions(text, spoken)
	if !info.IsReliable() || info.Lang == whatlanggo.Eng && english == 0 && words > 6 {
		return ""
	}
	return info.Lang.Iso6391()
}

// countCommon counts the words of text, those common in English, shared with it and in Welsh, and the letters, leaving links, handles and tags out.
func countCommon(text string) (words, english, shared, welsh, letters int) {
	var buf [16]byte
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '@' || c == '#' || c == 'h' && strings.HasPrefix(text[i:], "http"):
			for i < len(text) && text[i] > ' ' {
				i++
			}
			continue
		case c < utf8.RuneSelf && fold[c] == 0:
			i++
			continue
		}
		n, size := 0, 0
		for ; i < len(text); i++ {
			c := text[i]
			if c == '\'' {
				continue
			}
			if c < utf8.RuneSelf && fold[c] == 0 {
				break
			}
			if c >= utf8.RuneSelf {
				c = '?'
			} else {
				c = fold[c]
			}
			if text[i] < utf8.RuneSelf || utf8.RuneStart(text[i]) {
				letters++
			}
			if size++; n < len(buf) {
				buf[n] = c
				n++
			}
		}
		words++
		if size > n {
			continue
		}
		switch commonWords[string(buf[:n])] {
		case "en":
			english++
		case "en~":
			shared++
		case "cy":
			welsh++
		}
	}
	return words, english, shared, welsh, letters
}
