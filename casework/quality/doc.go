// Package quality measures the classifier by what people say.
//
// It owns the weekly draw of mentions that a person tags without knowing the verdict, the Book of decisions in which both verdicts stand,
// and the figures made from them: precision and recall with intervals, calibration, and the comparison of a version on trial. It is
// functions from input to value and a Book in memory; it stores and sends nothing. See docs/decisions/0009.
package quality
