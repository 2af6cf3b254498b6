// Package escalate gets each mention to the person who must act: routes, incidents, clocks, notifications and the journal of casework.
//
// It never posts to a platform and never meets index. Rules are functions from a tagged mention to a decision; Dispatcher alone groups,
// waits, de-duplicates, sends and records.
package escalate
