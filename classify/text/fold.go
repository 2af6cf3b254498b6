package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// invisible reports runes that carry no meaning for matching: zero-width and direction marks, soft hyphen, variation selectors,
// tags and combining marks that were left after composition.
func invisible(r rune) bool {
	switch {
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == 0x3164, r == 0xFEFF, r == 0xFFA0:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFE00 && r <= 0xFE0F:
		return true
	case r >= 0xE0000 && r <= 0xE0FFF:
		return true
	case r >= 0x1F3FB && r <= 0x1F3FF: // skin tones: an emoji is the same token in every tone
		return true
	}
	return r >= 0x300 && unicode.Is(unicode.Mn, r)
}

// plain maps runes whose decomposition does not lead to the form people would type.
var plain = map[rune]string{
	'ß': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ð': "d", 'þ': "th",
	'ı': "i", 'ŋ': "n", 'ħ': "h", '’': "'", '‘': "'", 'ʼ': "'", '`': "'", '´': "'", '＇': "'", '“': "\"", '”': "\"", '„': "\"", '«': "\"", '»': "\"",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '…': ".", '⁄': "/", '•': ".", '·': ".",
	'⚠': "", 'Ɑ': "a", 'ɑ': "a", 'ɡ': "g", 'ɪ': "i", 'ʟ': "l", 'ᴀ': "a", 'ʙ': "b", 'ᴄ': "c", 'ᴅ': "d", 'ᴇ': "e", 'ꜰ': "f", 'ɢ': "g", 'ʜ': "h", 'ᴊ': "j",
	'ᴋ': "k", 'ᴍ': "m", 'ɴ': "n", 'ᴏ': "o", 'ᴘ': "p", 'ʀ': "r", 'ꜱ': "s", 'ᴛ': "t", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ʏ': "y", 'ᴢ': "z",
}

// lookalike maps Cyrillic and Greek letters that are drawn like Latin ones; used only inside words that also have Latin letters.
var lookalike = map[rune]byte{
	'а': 'a', 'в': 'b', 'с': 'c', 'е': 'e', 'н': 'h', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm', 'о': 'o', 'р': 'p', 'ѕ': 's', 'т': 't', 'у': 'y', 'х': 'x',
	'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'һ': 'h', 'ё': 'e', 'ї': 'i', 'α': 'a', 'β': 'b', 'ε': 'e', 'η': 'n', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p',
	'τ': 't', 'υ': 'u', 'χ': 'x', 'ϲ': 'c', 'ϳ': 'j', 'ӏ': 'l', 'ω': 'w', 'σ': 'o', 'ɩ': 'i', 'ш': 'w', 'г': 'r', 'п': 'n', 'я': 'r', 'ь': 'b',
}

// fold appends the matching form of r to buf: nothing, one rune or a few.
func fold(buf []byte, r rune) []byte {
	if s, ok := plain[r]; ok {
		return append(buf, s...)
	}
	if invisible(r) {
		return buf
	}
	var tmp [utf8.UTFMax]byte
	n := utf8.EncodeRune(tmp[:], r)
	p := norm.NFKD.Properties(tmp[:n])
	d := p.Decomposition()
	if len(d) == 0 {
		return utf8.AppendRune(buf, unicode.ToLower(r))
	}
	for len(d) > 0 {
		c, size := utf8.DecodeRune(d)
		d = d[size:]
		if !unicode.Is(unicode.Mn, c) {
			buf = utf8.AppendRune(buf, unicode.ToLower(c))
		}
	}
	return buf
}

// enclosed is the letter that stands in a circle or a square, or 0. Regional indicators are flags, not letters.
func enclosed(r rune) byte {
	for _, from := range [...]rune{0x24B6, 0x24D0, 0x1F130, 0x1F150, 0x1F170} {
		if r >= from && r < from+26 {
			return byte('a' + r - from)
		}
	}
	return 0
}

// emoji reports whether r is drawn as a picture. It is a range test, not the full property: what it misses is a mark.
func emoji(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r >= 0x2B00 && r <= 0x2BFF || r >= 0x2190 && r <= 0x21FF || r == 0x203C || r == 0x2049
}

// latinise turns look-alike letters in s into Latin ones when s mixes scripts, or when all of it is drawn like a word that people hide; it
// returns s itself when nothing changes.
func latinise(s []byte) []byte {
	var latin, greek, cyrillic bool
	for _, r := range string(s) {
		switch {
		case r >= 'a' && r <= 'z':
			latin = true
		case r > 0x36F && r < 0x400:
			greek = true
		case r >= 0x400 && r < 0x530:
			cyrillic = true
		}
	}
	if !greek && !cyrillic {
		return s
	}
	out := make([]byte, 0, len(s))
	for _, r := range string(s) {
		if b, ok := lookalike[r]; ok {
			out = append(out, b)
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	mixed := latin || greek && cyrillic
	if !mixed && disguised.words[string(out)] == "" {
		return s
	}
	return out
}
