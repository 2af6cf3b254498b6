// Package text makes what people write regular enough to match: it folds case, accents, full-width and look-alike letters, drops
// invisible characters, undoes spaced-out and l33t spellings, splits hashtags and marks the furniture of screenshots, and keeps for
// every token the bytes of the original it came from.
//
// Parse is linear in the length of its input and never fails: any string, valid UTF-8 or not, has tokens. The package knows
// nothing of councils, people or labels.
package text
