// Package opinion asks a language model that the council runs, or has chosen, about labels that a classifier is unsure of. It is off unless
// a server is named.
//
// What leaves the house, and when: for a mention with a doubtful complaint, trolling or abuse label, one request holds the codebook's rules
// for those labels and the mention's text, in which people of the roster, capitalised words that are not everyday ones, the council's
// names, handles, e-mail addresses and numbers of five digits or more are replaced by masks and links are left out. No id, author, time,
// picture, fact or verdict is sent. A name is sent as it stands where its bearer is not on the roster and it is written without a capital
// letter, or is an everyday word too ("Rose").
//
// A second opinion only ever adds: it may give a doubtful label and settle the doubt, or say in a reason that it disagrees, which leaves the
// doubt for a person. It never takes a label away and never touches a risk. The mention's text is data to the model, never an instruction:
// it travels as a JSON string, and an answer counts only in the one form that was asked for. Whatever fails leaves the verdict as it was
// and is counted.
//
// Calls are made one behind the other for each Classify, which waits for them no longer than Config.Patience; a daily budget, a cache by hash
// of the text and back-off after failures bound them further. The package stores nothing.
package opinion
