// Package index is what can be found again: the record of everything (archive) and the search over it (fulltext).
//
// It owns the language of a search, the request and its answer, and the interfaces that both halves keep; every query takes a
// casework.Viewer, and no implementation answers without asking it. It knows nothing of routes or mails.
package index
