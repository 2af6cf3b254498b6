// Package judge is the classifier that is always there: it composes the layers (text, roster, facts, risk, linear) into one verdict a
// mention, in microseconds, without a network, a C compiler or a file beside the program.
//
// It is the one package of this stage that knows its siblings. It holds no state but what New was given; a change of settings is a
// new Classifier.
package judge
