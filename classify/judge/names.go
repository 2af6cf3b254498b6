package judge

import (
	"strings"

	"earshot/classify/text"
	"earshot/settings"
)

// councilNames finds the council's own names so that they are masked: a model that learnt one council's name knows no other.
type councilNames struct {
	byFirst map[string][][]string
	handles map[string]bool
}

const councilMask = "<council>"

func newCouncilNames(c settings.Council) councilNames {
	n := councilNames{byFirst: map[string][][]string{}, handles: map[string]bool{}}
	for _, a := range append([]string{c.Name}, c.Aliases...) {
		a = strings.TrimSpace(a)
		if h, ok := strings.CutPrefix(strings.ToLower(a), "@"); ok {
			n.handles["@"+h] = true
			n.add([]string{h})
			continue
		}
		var words []string
		for _, t := range text.Parse(a).Tokens {
			if t.Kind == text.Word || t.Kind == text.Number {
				words = append(words, t.Text)
			}
		}
		// "the town hall" is masked where it says "the town hall" only; one everyday word alone is no name
		if len(words) > 1 || len(words) == 1 && !text.Everyday(words[0]) {
			n.add(words)
		}
	}
	return n
}

func (n councilNames) add(words []string) {
	if len(words) > 0 {
		n.byFirst[words[0]] = append(n.byFirst[words[0]], words)
	}
}

// find appends the masks of the council's names, the longest at each place.
func (n councilNames) find(items []text.Item, dst []text.Mask) []text.Mask {
	for i := 0; i < len(items); i++ {
		it := &items[i]
		if it.Kind == text.Handle {
			if n.handles[it.Text] {
				dst = append(dst, text.Mask{From: it.From, To: it.To, Text: councilMask})
			}
			continue
		}
		best := 0
		for _, words := range n.byFirst[it.Text] {
			if len(words) > best && follows(items[i:], words) {
				best = len(words)
			}
		}
		if best > 0 {
			dst = append(dst, text.Mask{From: it.From, To: items[i+best-1].To, Text: councilMask})
			i += best - 1
		}
	}
	return dst
}

func follows(items []text.Item, words []string) bool {
	if len(items) < len(words) {
		return false
	}
	for k, w := range words {
		if items[k].Text != w {
			return false
		}
	}
	return true
}
