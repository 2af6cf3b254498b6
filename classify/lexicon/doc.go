// Package lexicon compiles lists of words and rules written as text files into one matcher that reads a mention's items once.
//
// A file holds classes, which name sets of words, and rules, which name patterns over items and say in a sentence what a match
// means. The grammar is in Parse. Matching looks at every rule whose first element can begin at an item, inside one sentence; the
// time is linear in the text for a given book. The package knows no rule itself.
package lexicon
