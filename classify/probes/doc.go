// Package probes holds posts that are written to be measured with and never learnt from: minimal pairs for fairness. README.md in this
// folder says how they were written.
package probes
