// Command triage classifies, records, indexes and escalates mentions, and serves the pages.
package main

func main() {}
