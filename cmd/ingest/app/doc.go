// Package app is the ingest process: the connectors of the settings, from their platforms into the log.
package app
