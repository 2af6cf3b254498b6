// Package learn fits the linear model, its calibration and its thresholds to labelled posts. It runs from a fixed seed: the same
// posts give the same bytes. It is used by the commands train and eval and is no part of judging.
package learn
