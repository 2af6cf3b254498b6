// Package web is what people and programs see of triage: the pages, the JSON API, the live stream, and the accounts behind them.
//
// It owns HTTP: sessions, tokens, roles per route, forms, problem documents, templates and assets. It owns no mention, no case and no
// incident: those are read and changed through the small interfaces of Config, each of which says what it promises. Who may see what is
// asked of casework.Viewer, which every one of those interfaces takes; this package only decides which role may open which route.
//
// Server holds no goroutine of its own but the open streams, which end when Config.Stream is closed or the request ends.
package web
