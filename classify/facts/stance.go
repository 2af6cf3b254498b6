package facts

// Stance is how a text stands to a fact.
type Stance string

// The stances, as verdicts write them.
const (
	Contradicts Stance = "contradicts"
	Agrees      Stance = "agrees"
	Asks        Stance = "asks"
	Quotes      Stance = "quotes"
)

// Candidate is a fact that a text may touch, with what was seen when the two were compared. Tokens From..To are the sentence that
// touches it most.
type Candidate struct {
	Fact     int // position in the facts given to New
	ID       string
	From, To int
	Features [FeatureCount]float32
	Asking   bool
	Quoting  bool
	said     *quantity // of the text, that differs
	known    *quantity // of the fact, that it differs from
}
