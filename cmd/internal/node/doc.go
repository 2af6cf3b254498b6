// Package node holds what ingest and triage share: the log they speak to, the council's settings as the log carries them, the keys of
// connectors, and the fleet that runs them.
package node
