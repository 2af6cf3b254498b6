// Package probes holds posts that are written to be measured with and never learnt from: minimal pairs for fairness, and spellings made
// to slip past a classifier beside words that only look like abuse. README.md in this folder says how they were written.
package probes
