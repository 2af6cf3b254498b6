// Package classify says what a mention is: its labels, target, risk, the people and facts it touches, and why.
//
// It owns the Verdict, the Classifier interface and the Pool that runs one concurrently while keeping order per thread. A
// classifier is a function from mention to verdict: it sends nothing and stores nothing.
package classify
