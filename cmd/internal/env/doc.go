// Package env reads the EARSHOT_ variables, which are all that a start of triage or ingest is told besides its command line.
//
// It knows every variable by name, refuses those it does not know, reads a secret's _FILE twin, and keeps secrets in a type that never
// prints them. It opens nothing: what a value leads to (a broker, a relay, a folder) is found out by the part that uses it.
package env
