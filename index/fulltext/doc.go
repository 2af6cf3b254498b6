// Package fulltext finds mentions: words through bleve, everything else through bit sets of its own.
package fulltext
