// Package indextest asks the same of every implementation of index's interfaces: Archive of the record. Sample makes mentions with
// verdicts as the pipeline does.
package indextest
