package text

// Bounds of a word written with its letters apart.
const (
	minSpaced  = 4 // letters; three are often initials ("a b c"), unless they make a word that people hide
	maxLetters = 40
)

// joinSpaced turns "i d i o t", "s.c.u.m" and "f-o-o-l" into one token, and several words so written ("l y i n g r a t") into several.
// It works in place, in one pass.
func joinSpaced(ts []Token) []Token {
	out := ts[:0]
	for i := 0; i < len(ts); {
		if !singleLetter(&ts[i]) {
			out = append(out, ts[i])
			i++
			continue
		}
		run := spacedRun(ts, i)
		if !run.word(ts) {
			out = append(out, ts[i])
			i++
			continue
		}
		from, next := 0, run.at[run.n-1]+1
		for _, to := range run.words() {
			out = append(out, run.token(ts, from, to))
			from = to
		}
		i = next
	}
	return out
}

// spaced is a run of single letters with the same way of parting them: a space, or one mark.
type spaced struct {
	n       int
	at      [maxLetters]int // tokens of the letters
	letters [maxLetters]byte
	sign    bool // parted by a mark
}

// spacedRun reads the run that begins with token i, which is a single letter.
func spacedRun(ts []Token, i int) (r spaced) {
	sep := ""
	for j := i; j < len(ts) && r.n < maxLetters; j++ {
		if t := &ts[j]; r.n > 0 && t.Kind == Punct && partsLetters(t.Text) {
			if sep != "" && sep != t.Text || r.n > 1 && sep == "" {
				break
			}
			sep = t.Text
			j++
		} else if sep != "" {
			break
		}
		if j >= len(ts) || !singleLetter(&ts[j]) || r.n > 0 && ts[j].Has(LineStart) {
			break
		}
		r.at[r.n], r.letters[r.n] = j, ts[j].Text[0]
		r.n++
	}
	r.sign = sep != ""
	return r
}

func partsLetters(mark string) bool {
	switch mark {
	case ".", "-", "*", "_", "/", "|", "~":
		return true
	}
	return false
}

// word reports whether the run is a word, or more than one.
func (r *spaced) word(ts []Token) bool {
	if r.n == minSpaced-1 {
		return !ts[r.at[0]].Has(Capital) && disguised.words[string(r.letters[:r.n])] != ""
	}
	return r.n >= minSpaced
}

// words says where each word of the run ends: the whole is one where it is a word that is known or cannot be cut into such. Of several ways
// to cut it that with the fewest words is taken.
func (r *spaced) words() []int {
	whole := []int{r.n}
	if r.sign || known(string(r.letters[:r.n])) {
		return whole
	}
	var parts, cut [maxLetters + 1]int // fewest words of the first k letters, and where the last of them begins
	for k := 1; k <= r.n; k++ {
		parts[k] = r.n + 1
		for from := max(0, k-maxDisguised); from < k; from++ {
			if parts[from]+1 < parts[k] && letterWord(r.letters[from:k]) {
				parts[k], cut[k] = parts[from]+1, from
			}
		}
	}
	if parts[r.n] > r.n/2 {
		return whole
	}
	var ends []int
	for k := r.n; k > 0; k = cut[k] {
		ends = append([]int{k}, ends...)
	}
	return ends
}

// letterWord reports whether letters are a known word; of single letters only a and i are.
func letterWord(letters []byte) bool {
	if len(letters) == 1 {
		return letters[0] == 'a' || letters[0] == 'i'
	}
	return known(string(letters))
}

// token is the word of the letters from..to.
func (r *spaced) token(ts []Token, from, to int) Token {
	t := ts[r.at[from]]
	t.End = ts[r.at[to-1]].End
	t.Text, t.Alt = string(r.letters[from:to]), ""
	t.Flags |= Disguised
	return t
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
