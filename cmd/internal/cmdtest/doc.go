// Package cmdtest runs the real triage and ingest as their users do: built, started, killed, asked over HTTP and from the command line.
package cmdtest
