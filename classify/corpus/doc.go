// Package corpus reads the labelled posts that train and judge the classifier: posts*.jsonl with their invented councils, world*.json.
//
// The files are for training and tests; no program carries them. README.md in this folder says how they were made.
package corpus
