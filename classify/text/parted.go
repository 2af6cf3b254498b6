package text

// maxParts bounds the pictures that stand between two halves of one word.
const maxParts = 3

// joinParted makes one token of a word that is parted by a mark or a picture without spaces ("bas|tards", "id🤡iot", "p🐷gs"), where
// that gives a word that people hide. It works in place, in one pass.
func joinParted(ts []Token) []Token {
	out := ts[:0]
	for i := 0; i < len(ts); i++ {
		out = append(out, ts[i])
		if ts[i].Kind != Word {
			continue
		}
		for {
			a := &out[len(out)-1]
			next, w := parted(a, ts[i+1:])
			if w == "" {
				break
			}
			i += next
			a.Text, a.Alt, a.End = w, "", ts[i].End
			a.Flags |= Disguised
		}
	}
	return out
}

// parted is the word that a makes with the rest of it in ts, and how many tokens of ts that takes.
func parted(a *Token, ts []Token) (n int, word string) {
	signs := 0
	for signs < len(ts) && signs < maxParts && ts[signs].Has(Glued) && (ts[signs].Kind == Emoji || signs == 0 && partingMark(&ts[0])) {
		signs++
		if ts[signs-1].Kind == Punct {
			break
		}
	}
	if signs == 0 || signs >= len(ts) {
		return 0, ""
	}
	b := &ts[signs]
	if b.Kind != Word || !b.Has(Glued) || b.Has(LineStart) || len(a.Text)+len(b.Text) >= maxDisguised {
		return 0, ""
	}
	picture := ts[0].Kind == Emoji
	if !picture && b.Has(Capital) && !b.Has(Shouted) { // a full stop without a space behind it
		return 0, ""
	}
	if w := disguised.words[a.Text+b.Text]; w != "" {
		return signs + 1, w
	}
	if picture {
		return signs + 1, disguised.unstar(a.Text + "*" + b.Text)
	}
	return 0, ""
}

func partingMark(t *Token) bool {
	if t.Kind != Punct || len(t.Text) != 1 {
		return false
	}
	switch t.Text[0] {
	case '.', '-', '*', '_', '/', '|', '~', '+', ',', '^', '=', ':':
		return true
	}
	return false
}
