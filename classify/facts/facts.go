package facts

import (
	"time"

	"earshot/classify/text"
	"earshot/settings"
)

// Stance is how a text stands to a fact.
type Stance string

// The stances, as verdicts write them.
const (
	Contradicts Stance = "contradicts"
	Agrees      Stance = "agrees"
	Asks        Stance = "asks"
	Quotes      Stance = "quotes"
)

// Match is one fact that a text touches, by the tokens From..To.
type Match struct {
	ID       string
	Stance   Stance
	From, To int
	Score    float64 // how sure, 0 to 1
	Why      string
}

// Register is an index of facts. It does not change after New; safe for concurrent use.
type Register struct {
	now func() time.Time
}

// New indexes facts. now decides which of them hold; nil is time.Now.
func New(facts []settings.Fact, now func() time.Time) *Register {
	if now == nil {
		now = time.Now
	}
	return &Register{now: now}
}

// Finder compares texts with a register, using its memory again. Not safe for concurrent use.
type Finder struct{ r *Register }

// Finder returns a finder over r.
func (r *Register) Finder() *Finder { return &Finder{r: r} }

// Find appends to dst what d says about the register, the surest first.
func (f *Finder) Find(d *text.Doc, items []text.Item, dst []Match) []Match { return dst }
