package encoder

// Special is what a masked stretch stands for. Its value is the vocabulary's entry that the model was trained to read for it.
type Special int32

// The stretches that are masked, so that no name becomes a feature.
const (
	Staff   Special = iota + 1 // [unused1]: a junior officer
	Member                     // [unused2]: an elected member
	Senior                     // [unused3]: a senior officer
	Council                    // [unused4]: the council's own name
)

// specials are the vocabulary's entries for each Special.
var specials = [...]string{Staff: "[unused1]", Member: "[unused2]", Senior: "[unused3]", Council: "[unused4]"}

// Mask is a stretch of a text, in bytes, that the model reads as one piece.
type Mask struct {
	Start, End int
	As         Special
}

// Passage is a text with the stretches in it that are masked, in order. A mask that overlaps the one before it, is empty, reaches
// outside the text or stands for nothing known is passed over.
type Passage struct {
	Text  string
	Masks []Mask
}

// Input is what is encoded: a text, or a text and a fact when Fact has one.
type Input struct {
	Text Passage
	Fact Passage
}

// Output is what the model says of one Input. The slices are the caller's.
type Output struct {
	Tags      []float32 // a logit for each of Manifest.Heads
	Pair      []float32 // a logit for each of Manifest.Pairs; means something for a text with a fact only
	Embedding []float32 // Manifest.Dim numbers, of length 1
}

// How much of an Input the model sees; the rest is cut off. Counted in pieces.
const (
	MaxPieces     = 128 // of a text alone, [CLS] and [SEP] included
	MaxPairPieces = 96  // of a text beside a fact
	MaxFactPieces = 64  // of the fact
)
