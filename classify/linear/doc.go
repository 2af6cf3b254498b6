// Package linear is a small linear model over hashed features of a mention: its words in ones, twos and threes, its letters in
// threes to fives, and signs that other layers found. One table of signed bytes holds the weights of all heads, so that a feature
// costs one look into memory.
//
// The package computes logits and says which words moved them. It knows no threshold and makes no decision; learning is in package
// learn.
package linear
