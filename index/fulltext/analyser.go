package fulltext

import (
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
	bleveindex "github.com/blevesearch/bleve_index_api"

	"earshot/classify"
	"earshot/index"
)

// The text fields of a shard. Text and names share one count of positions, so that a phrase may run through a name.
const (
	textField    = "t" // what everybody may find
	nameField    = "n" // junior officers' names, for viewers who see names (P12)
	writtenField = "w" // words as written where their stem stands in text, without positions: for prefixes
)

// AnalyserName is the name under which bleve knows the analyser, for tools that open a shard by themselves.
const AnalyserName = "earshot"

func init() {
	err := registry.RegisterAnalyzer(AnalyserName, func(map[string]any, *registry.Cache) (analysis.Analyzer, error) { return analyser{}, nil })
	if err != nil {
		panic(err) // the name is taken: a mistake of this program
	}
}

// analyser is index.Analyse for bleve; it reads everything as English.
type analyser struct{}

func (analyser) Analyze(input []byte) analysis.TokenStream {
	var out analysis.TokenStream
	index.Analyse(string(input), true, func(t index.Token) {
		out = append(out, &analysis.Token{Term: []byte(t.Term), Position: t.Pos + 1, Start: t.Start, End: t.End, Type: analysis.AlphaNumeric})
	})
	return out
}

// tokenField is a field whose terms are known already. It leaves out where in the text they stood: pages mark the words of the
// record's text themselves, and the offsets would be a fifth of the index.
type tokenField struct {
	name    string
	freqs   bleveindex.TokenFrequencies
	n       int
	options bleveindex.FieldIndexingOptions
}

var _ bleveindex.Field = (*tokenField)(nil)

func (f *tokenField) Name() string                                          { return f.name }
func (f *tokenField) Value() []byte                                         { return nil }
func (f *tokenField) ArrayPositions() []uint64                              { return nil }
func (f *tokenField) EncodedFieldType() byte                                { return 't' }
func (f *tokenField) Analyze()                                              {}
func (f *tokenField) AnalyzedLength() int                                   { return f.n }
func (f *tokenField) AnalyzedTokenFrequencies() bleveindex.TokenFrequencies { return f.freqs }
func (f *tokenField) NumPlainTextBytes() uint64                             { return 0 }
func (f *tokenField) Size() int                                             { return 64 * f.n }
func (f *tokenField) Options() bleveindex.FieldIndexingOptions              { return f.options }

// words are the terms of one mention, ready for bleve.
type words struct {
	text, names, written *tokenField // names and written may be nil
}

func (w *words) fields() []*tokenField { return []*tokenField{w.text, w.names, w.written} }

// analyse returns the words of t. Tokens and places are laid out in two blocks: one mention has some forty of each.
func analyse(t *classify.Tagged) words {
	tokens := make([]index.MentionToken, 0, 64)
	index.MentionTokens(t, func(tok index.MentionToken) { tokens = append(tokens, tok) })
	const located = bleveindex.IndexField | bleveindex.IncludeTermVectors
	w := words{text: newTokenField(textField, len(tokens), located)}
	places := make([]bleveindex.TokenLocation, len(tokens))
	freqs := make([]bleveindex.TokenFreq, len(tokens))
	used := 0
	for i := range tokens {
		f := w.text
		switch {
		case tokens[i].Masked:
			if w.names == nil {
				w.names = newTokenField(nameField, 8, located)
			}
			f = w.names
		case tokens[i].Written:
			if w.written == nil {
				w.written = newTokenField(writtenField, 16, bleveindex.IndexField|bleveindex.SkipFreqNorm)
			}
			f = w.written
		}
		f.n++
		tf := f.freqs[tokens[i].Term]
		if tf == nil {
			tf = &freqs[used]
			used++
			tf.Term = []byte(tokens[i].Term)
			f.freqs[tokens[i].Term] = tf
		}
		if f == w.written {
			continue
		}
		places[i].Position = tokens[i].Pos + 1
		tf.SetFrequency(tf.Frequency() + 1)
		tf.Locations = append(tf.Locations, &places[i])
	}
	return w
}

func newTokenField(name string, size int, options bleveindex.FieldIndexingOptions) *tokenField {
	return &tokenField{name: name, freqs: make(bleveindex.TokenFrequencies, size), options: options}
}
