// Package encoder reads a text with a small sentence encoder, a transformer of twelve layers, and says how strongly each of its heads
// speaks for it; of a text and a fact it says whether one asserts, denies or quotes the other.
//
// It owns the WordPiece tokenizer, the embedded model with its vocabulary and manifest, and the batches that the model runs on. It
// knows nothing of labels, thresholds, rosters or councils: callers say which stretches of a text are names and what to make of
// numbers. The model runs in ONNX Runtime, a library that is found when the program starts (package onnx); where there is none, Open
// returns ErrNoRuntime and the caller lives without.
//
// An Encoder holds the model's weights outside Go's heap until Close. Its methods may be called at once; at most Config.Threads texts
// or batches are in the model at any time, the rest wait in line. What a text's numbers are does not depend on what it is encoded with.
package encoder
