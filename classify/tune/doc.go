// Package tune learns, from what a council's officers said, a small correction of the classifier's scores and new thresholds.
//
// The correction is a logistic regression over the log-odds of the scores as they came, held by a strong prior to the one that changes
// nothing: a few dozen answers move little, some hundreds move what they agree on. It is pure functions; it reads no mention and keeps
// nothing. See docs/decisions/0009.
package tune
