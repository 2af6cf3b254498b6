package text

// minSpaced is how many single letters in a row are read as one word written apart; three are often initials ("a b c").
const minSpaced = 4

// joinSpaced turns "i d i o t", "s.c.u.m" and "f-o-o-l" into one token. It works in place, in one pass.
func joinSpaced(ts []Token) []Token {
	out := ts[:0]
	for i := 0; i < len(ts); {
		n, letters := spacedRun(ts, i)
		if letters < minSpaced {
			out = append(out, ts[i])
			i++
			continue
		}
		joined := make([]byte, 0, letters)
		for _, t := range ts[i : i+n] {
			if t.Kind == Word {
				joined = append(joined, t.Text...)
			}
		}
		t := ts[i]
		t.End = ts[i+n-1].End
		t.Text, t.Alt = string(joined), ""
		t.Flags |= Spaced
		out = append(out, t)
		i += n
	}
	return out
}

// spacedRun measures, from token i, single letters with the same way of parting them: a space, or one mark.
func spacedRun(ts []Token, i int) (tokens, letters int) {
	if !singleLetter(&ts[i]) {
		return 0, 0
	}
	j, sep := i+1, ""
	letters = 1
	last := i
	for j < len(ts) && letters < 40 {
		t := &ts[j]
		if t.Kind == Punct && (t.Text == "." || t.Text == "-" || t.Text == "*" || t.Text == "_") {
			if sep != "" && sep != t.Text || letters > 1 && sep == "" {
				break
			}
			sep = t.Text
			if j+1 >= len(ts) || !singleLetter(&ts[j+1]) {
				break
			}
			j++
			t = &ts[j]
		} else if sep != "" {
			break
		}
		if !singleLetter(t) || t.Has(LineStart) {
			break
		}
		letters++
		last = j
		j++
	}
	return last - i + 1, letters
}

func singleLetter(t *Token) bool {
	return t.Kind == Word && len(t.Text) == 1 && t.Text[0] >= 'a' && t.Text[0] <= 'z'
}

// maxQuoted is the most tokens between two quotation marks that are read as a quotation; a mark left open quotes nothing.
const maxQuoted = 80

// markQuotes flags what stands between double quotation marks on one paragraph.
func markQuotes(d *Doc) {
	open := -1
	for i := range d.Tokens {
		t := &d.Tokens[i]
		if t.Kind != Punct || t.Text != "\"" {
			continue
		}
		if open < 0 || i-open > maxQuoted {
			open = i
			continue
		}
		for j := open + 1; j < i; j++ {
			d.Tokens[j].Flags |= Quoted
		}
		open = -1
	}
}
