package text

// Kind is what sort of token it is.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota
	Number      // 12, £58, 4.99%, 6.30pm, 2024/25
	Handle      // @name
	Emoji
	URL
	Punct // one of . , ? ! ; : " ( ) - / & and so on
)

// Flag says how a token was written.
type Flag uint8

// The flags of a token.
const (
	Capital   Flag = 1 << iota // begins with a capital letter
	Shouted                    // all capitals, two letters or more
	Hashtag                    // part of a hashtag
	Furniture                  // part of a page, not of the message: "Like Reply 3h"
	Disguised                  // Text is not as written: letters apart ("i d i o t"), turned round, or a word that people hide
	LineStart                  // first token of a line
	Glued                      // no space before it
	Quoted                     // between quotation marks
)

// Token is one word, number, emoji or mark.
type Token struct {
	// Text is the folded form: lower case, no accents, no invisible characters, no run of more than two equal letters, apostrophes
	// inside words dropped ("don't" is "dont"), "'s" a token of its own. Look-alike letters are Latin when the word has Latin ones.
	Text string
	// A word that people hide is plain ("sc*m" and "1d10t" are "scum" and "idiot"), whatever was written in place of its letters.
	// Alt is another reading of a word: as it was folded, when Text is a hidden word made plain; else Text with digits and signs read as
	// letters and runs of equal letters shortened; a letter behind * or the like stays "*". Empty when there is none.
	Alt        string
	Start, End int // bytes of the original
	Sentence   int // number of the sentence, from 0
	Kind       Kind
	Flags      Flag
}

// Has reports whether t carries all of f.
func (t *Token) Has(f Flag) bool { return t.Flags&f == f }

// Doc is a parsed text.
type Doc struct {
	Original  string
	Tokens    []Token
	Sentences int
	// Screenshot says that page furniture was found, so the text was probably read from a picture.
	Screenshot bool

	buf []byte // folded bytes of all tokens; tokens hold strings cut from it
}

// Span returns the bytes of the original that tokens from..to (to is not included) cover.
func (d *Doc) Span(from, to int) (start, end int) {
	if from >= to || from < 0 || to > len(d.Tokens) {
		return 0, 0
	}
	return d.Tokens[from].Start, d.Tokens[to-1].End
}
