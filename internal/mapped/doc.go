// Package mapped gives memory that is mapped from files back to the system.
//
// A mapped file counts as resident wherever it was touched, and stays so until the machine runs short: what a start reads once of a database or of
// bleve's segments would make a small program look like a large one, to its operator and to a limit on its memory. What is given back
// stays in the system's cache of files; the next touch maps it again, which takes well under a microsecond a page and reads no disk while the cache has it.
//
// It does nothing where it does not know how: anywhere but on Linux.
package mapped
