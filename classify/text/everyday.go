package text

import (
	_ "embed"
	"iter"
	"maps"
	"strings"
)

//go:embed words.txt
var wordsFile string

var everyday = func() map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(wordsFile) {
		m[w] = true
	}
	return m
}()

// Everyday reports whether a folded word is one that people use every day: a capital letter alone does not make it a name.
func Everyday(w string) bool { return everyday[w] }

// EverydayWords are the words of which Everyday reports true.
func EverydayWords() iter.Seq[string] { return maps.Keys(everyday) }
