package judge

import "earshot/classify/roster"

// Shares of right answers, seen on the development worlds, that stand as probabilities where no model gives one.
const (
	noJunior = 0.02 // junior officers in mentions where the roster finds none
	noFact   = 0.05 // contradictions in mentions where the register finds none
	bothSure = 0.5  // from here on each of the two heads for a target counts
)

// juniorSure is how often each way of finding a junior officer was right.
var juniorSure = map[roster.How]float64{
	roster.FullName: 0.98, roster.Titled: 0.95, roster.Surname: 0.9, roster.Initials: 0.95, roster.ByHandle: 0.98, roster.KnownAs: 0.9,
	roster.FirstTeam: 0.95, roster.Unlisted: 0.85,
}
