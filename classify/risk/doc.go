// Package risk says whether a mention needs a person at once: a threat, self-harm, safeguarding or an emergency.
//
// rules.txt holds the rules with their names and reasons; package lexicon matches them. A rule's match is evidence: Signals lists it
// and the decision layer weighs it with the model's own score for each risk, towards recall. The package decides nothing alone.
package risk
