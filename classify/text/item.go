package text

// Item is one unit of the sequence that rules and models read: a word, number, handle or emoji of the message, or a masked span such
// as a person of the roster. Marks and page furniture are left out.
type Item struct {
	Text, Alt string
	From, To  int // tokens
	Sentence  int
	Kind      Kind
	Flags     Flag
	Masked    bool
}

// Mask replaces tokens From..To (To not included) by one item with the given Text, such as "<member>".
type Mask struct {
	From, To int
	Text     string
}

// Items appends the sequence of d to dst. Masks must be sorted by From and must not overlap. A question mark stays, as "?".
func (d *Doc) Items(dst []Item, masks []Mask) []Item {
	next := 0
	for i := 0; i < len(d.Tokens); i++ {
		t := &d.Tokens[i]
		for next < len(masks) && masks[next].From < i {
			next++
		}
		if next < len(masks) && masks[next].From == i && masks[next].To > i {
			m := masks[next]
			dst = append(dst, Item{Text: m.Text, From: m.From, To: m.To, Sentence: t.Sentence, Kind: Word, Flags: t.Flags, Masked: true})
			i = m.To - 1
			next++
			continue
		}
		if t.Has(Furniture) || t.Kind == Punct && t.Text != "?" {
			continue
		}
		dst = append(dst, Item{Text: t.Text, Alt: t.Alt, From: i, To: i + 1, Sentence: t.Sentence, Kind: t.Kind, Flags: t.Flags})
	}
	return dst
}
