// Package casework is the language that index, escalate and the pages share about what was done with a mention.
//
// It owns the Event (every act of a person or of the system: who, when, why), the Case (the fold of a mention's events), the
// Viewer (who may see what, decided here and nowhere else) and nothing that stores or sends. It stands between classify and
// {index, escalate}, because those two never meet. See docs/decisions/0002.
package casework
