// Package settings reads a council's settings folder and says in sentences what is wrong with it.
//
// It owns the files' names, columns and defaults, and nothing of what the stages make of them: watch terms are compiled
// by sources, the roster and register by classify, routes by escalate. It imports no other package of this project, so
// that every stage may take its part of a Folder.
package settings
