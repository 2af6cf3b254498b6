package text

import "strings"

// Stretch is a part of a text as an encoder should read it. Where Text is not the original's bytes Start..End (an emoji in words, a l33t
// word made plain, a mask) all that is read of it belongs to the whole of Start..End.
type Stretch struct {
	Text       string
	Start, End int  // bytes of the original
	Masked     bool // Text is the name of a mask, such as "<member>"
}

// Stretches appends d as an encoder should read it: the original with its marks and capitals, but with masks in place, page furniture
// and links left out, tricks of spelling undone and emoji in words. Masks are as in Items.
func (d *Doc) Stretches(dst []Stretch, masks []Mask) []Stretch {
	next, open := 0, -1 // open: the stretch of original bytes that the next token may continue
	for i := 0; i < len(d.Tokens); i++ {
		t := &d.Tokens[i]
		for next < len(masks) && masks[next].From < i {
			next++
		}
		if next < len(masks) && masks[next].From == i && masks[next].To > i {
			m := masks[next]
			start, end := d.Span(m.From, m.To)
			dst, open = append(dst, Stretch{Text: m.Text, Start: start, End: end, Masked: true}), -1
			i = m.To - 1
			next++
			continue
		}
		if t.Has(Furniture) || t.Kind == URL {
			open = -1
			continue
		}
		s, changed := d.plainly(t)
		switch {
		case s == "":
			open = -1
		case changed:
			dst, open = append(dst, Stretch{Text: s, Start: t.Start, End: t.End}), -1
		case open >= 0 && !(t.Has(Hashtag) && t.Has(Glued)):
			o := &dst[open]
			o.End = t.End
			o.Text = d.Original[o.Start:o.End]
		default:
			open = len(dst)
			dst = append(dst, Stretch{Text: s, Start: t.Start, End: t.End})
		}
	}
	return dst
}

// plainly is how a token should be read, and whether that differs from how it was written.
func (d *Doc) plainly(t *Token) (s string, changed bool) {
	raw := d.Original[t.Start:t.End]
	switch {
	case t.Kind == Emoji:
		return EmojiWord(raw), true
	case t.Kind != Word:
		return raw, false
	case t.Has(Disguised):
		return t.Text, true
	case t.Alt != "" && !strings.Contains(t.Alt, "*"):
		return t.Alt, true
	case !ascii(raw) && ascii(t.Text):
		return t.Text, true
	}
	return raw, false
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
