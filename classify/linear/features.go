package linear

import (
	"strings"

	"earshot/classify/text"
)

// Groups of features; each is scaled by one over the square root of its size, so that long texts do not shout.
const (
	Words = iota
	Letters
	Signs
	Groups
)

// Feature is one hashed feature with the items it comes from; To is zero for signs that belong to no place.
type Feature struct {
	Bucket   uint32
	From, To uint16
}

// Vector is the features of one mention by group.
type Vector [Groups][]Feature

// Reset empties v and keeps its memory.
func (v *Vector) Reset() {
	for g := range v {
		v[g] = v[g][:0]
	}
}

// Limits of one text: what lies behind is not read by the model, so that its time is bounded.
const (
	maxItems   = 2000
	maxLetters = 24 // of one word
)

const (
	offset = 14695981039346656037
	prime  = 1099511628211
)

// Hash is FNV-1a, 64 bits.
func Hash(s string) uint64 {
	h := uint64(offset)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * prime
	}
	return h
}

func mix(h, x uint64) uint64 { return (h ^ x) * 0x9E3779B97F4A7C15 >> 1 }

// bucket spreads h over 1<<bits places.
func bucket(h uint64, bits uint) uint32 { return uint32((h * 0x9E3779B97F4A7C15) >> (64 - bits)) }

// AddSign adds a feature that another layer found at items from..to.
func (v *Vector) AddSign(h uint64, bits uint, from, to int) {
	v[Signs] = append(v[Signs], Feature{bucket(mix(h, 7), bits), uint16(min(from, maxItems)), uint16(min(to, maxItems))})
}

// AddItems adds the words and letters of items.
func (v *Vector) AddItems(items []text.Item, bits uint) {
	if len(items) > maxItems {
		items = items[:maxItems]
	}
	var h1, h2 uint64 // hashes of the two items before, 0 at the start
	for i := range items {
		h := itemHash(&items[i])
		v[Words] = append(v[Words], Feature{bucket(mix(h, 1), bits), uint16(i), uint16(i + 1)})
		two := mix(h1, h) + 2
		v[Words] = append(v[Words], Feature{bucket(two, bits), uint16(max(0, i-1)), uint16(i + 1)})
		if i > 0 {
			v[Words] = append(v[Words], Feature{bucket(mix(mix(h2, h1), h)+3, bits), uint16(max(0, i-2)), uint16(i + 1)})
		}
		h2, h1 = h1, h
		if items[i].Kind == text.Word && !items[i].Masked {
			v.letters(items[i].Text, i, bits)
		}
	}
}

// letters adds the runs of three to five bytes of a word with its ends marked.
func (v *Vector) letters(w string, item int, bits uint) {
	if len(w) < 3 {
		return
	}
	if len(w) > maxLetters {
		w = w[:maxLetters]
	}
	var ends [maxLetters + 2]byte // the word between two spaces
	ends[0], ends[len(w)+1] = ' ', ' '
	copy(ends[1:], w)
	at := ends[:len(w)+2]
	for k := range at[2:] {
		h := uint64(offset)
		for n, c := range at[k:min(k+5, len(at))] {
			h = (h ^ uint64(c)) * prime
			if n >= 2 {
				v[Letters] = append(v[Letters], Feature{bucket(h+4, bits), uint16(item), uint16(item + 1)})
			}
		}
	}
}

// itemHash is the hash of what an item says: a number by its shape, another handle as a handle, so that no name is learnt.
func itemHash(it *text.Item) uint64 {
	switch it.Kind {
	case text.Number:
		return Hash(shape(it.Text))
	case text.Handle:
		if !it.Masked {
			return Hash("<handle>")
		}
	}
	return Hash(it.Text)
}

// shape writes a number with its digits as 0: "£1,240" and "£2,130" are the same word, "2" stays itself.
func shape(s string) string {
	if len(s) == 1 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, s)
}
