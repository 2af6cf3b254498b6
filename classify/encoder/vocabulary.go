package encoder

import (
	"fmt"
	"strings"
)

// vocabulary maps pieces to the ids that the model knows them by.
type vocabulary struct {
	first    map[string]int32 // pieces that begin a word
	rest     map[string]int32 // pieces that continue one, without their ##
	longest  int              // bytes of the longest piece
	unknown  int32
	start    int32
	end      int32
	pad      int32
	specials [len(specials)]int32
}

// continues marks the pieces of the vocabulary's file that continue a word.
const continues = "##"

// readVocabulary reads a vocabulary, one piece a line; a piece's id is the number of its line, from 0.
func readVocabulary(file string) (*vocabulary, error) {
	pieces := strings.Split(strings.TrimSuffix(file, "\n"), "\n")
	v := &vocabulary{first: make(map[string]int32, len(pieces)), rest: make(map[string]int32, len(pieces)/4)}
	for id, p := range pieces {
		p = strings.TrimSuffix(p, "\r")
		if c, ok := strings.CutPrefix(p, continues); ok && c != "" {
			v.rest[c] = int32(id)
			p = c
		} else {
			v.first[p] = int32(id)
		}
		v.longest = max(v.longest, len(p))
	}
	for name, to := range map[string]*int32{"[UNK]": &v.unknown, "[CLS]": &v.start, "[SEP]": &v.end, "[PAD]": &v.pad} {
		if err := v.find(name, to); err != nil {
			return nil, err
		}
	}
	for s := Staff; int(s) < len(specials); s++ {
		if err := v.find(specials[s], &v.specials[s]); err != nil {
			return nil, err
		}
	}
	return v, nil
}

func (v *vocabulary) find(name string, to *int32) error {
	id, ok := v.first[name]
	if !ok {
		return fmt.Errorf("%w: its vocabulary has no %s", ErrModel, name)
	}
	*to = id
	return nil
}
