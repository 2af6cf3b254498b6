package web

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/settings"
	"earshot/sources"
)

const (
	tryFor      = 20 * time.Second // how long a platform is given to answer a test
	tryShows    = 3                // mentions that a test shows
	triesAtOnce = 4
	enteredFor  = 30 * time.Minute // how long keys that were entered for a test wait to be saved
	enteredMost = 100              // forms with such keys, of everybody together
)

// entered are keys that somebody typed and has not saved. They stay on this node, in memory: no page shows a key again, so a form that was
// tested could not be saved otherwise, and a platform may have renewed a key while it was tested.
type entered struct {
	desk   Sources
	source settings.Source // as tested; the saved keys of its ID stand behind those that were typed
	isNew  bool            // it has no saved keys
	person string
	until  time.Time

	mu   sync.Mutex
	keys map[string]string // empty: to be removed
}

// Get returns a key as typed, else as saved.
func (e *entered) Get(ctx context.Context, name string) (string, error) {
	e.mu.Lock()
	v, typed := e.keys[name]
	e.mu.Unlock()
	if typed || e.isNew {
		return v, nil
	}
	return e.desk.Key(ctx, e.source, name)
}

// Set takes a renewed key: beside those that were typed, or at once for one that is saved and would be dead from now on.
func (e *entered) Set(ctx context.Context, name, value string) error {
	e.mu.Lock()
	_, typed := e.keys[name]
	if typed || e.isNew {
		e.keys[name] = value
	}
	e.mu.Unlock()
	if typed || e.isNew {
		return nil
	}
	return e.desk.KeepKey(ctx, e.source, name, value)
}

func (e *entered) all() map[string]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.keys)
}

// drawer holds entered keys by an unguessable name, for the person who typed them.
type drawer struct {
	mu   sync.Mutex
	held map[string]*entered
}

// keep returns the name under which take finds e until enteredFor has passed.
func (d *drawer) keep(e *entered, now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held == nil {
		d.held = map[string]*entered{}
	}
	maps.DeleteFunc(d.held, func(_ string, x *entered) bool { return now.After(x.until) })
	for len(d.held) >= enteredMost {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(d.held)), func(a, b string) int { return d.held[a].until.Compare(d.held[b].until) })
		delete(d.held, oldest)
	}
	e.until = now.Add(enteredFor)
	name := rand.Text()
	d.held[name] = e
	return name
}

// take removes and returns what was kept under name by this person for this source, whose ID is empty when it is new; nil when there is nothing (any more).
func (d *drawer) take(name, person, source string, now time.Time) *entered {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.held[name]
	if e == nil || e.person != person || e.isNew != (source == "") || !e.isNew && e.source.ID != source || now.After(e.until) {
		return nil
	}
	delete(d.held, name)
	return e
}

// Tried is what a test showed.
type Tried struct {
	OK       bool
	Sentence string
	Rows     []TriedRow
}

// TriedRow is one mention that a source would bring.
type TriedRow struct {
	Author, Words, Permalink string
	CreatedAt                time.Time
	Terms                    []string // the watch terms it matches
	Kept                     bool     // it would be taken in
}

const triedWords = 300 // bytes of a mention that a test shows

// onlyOnce takes from a sentence what is true of a source that runs, and not of a test.
var onlyOnce = strings.NewReplacer(" It is tried again.", "", " It is tried again with growing pauses; the log has the details.", " The log has the details.",
	"; it is tried again every hour", "", "; it is tried again", "", " It goes on trying.", "")

// try asks the platform once. Its sentence is the whole result when nothing came.
func (s *Server) try(ctx context.Context, src settings.Source, keys *entered) *Tried {
	select {
	case s.trying <- struct{}{}:
		defer func() { <-s.trying }()
	default:
		return &Tried{Sentence: "Several sources are being tested at the moment. Test again in half a minute."}
	}
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	ms, err := s.cfg.Sources.Try(ctx, src, keys, tryShows)
	switch {
	case err != nil && ctx.Err() != nil:
		return &Tried{Sentence: "The platform did not answer within 20 seconds. Check the address and the settings, and test again."}
	case err != nil:
		var known *sources.Fault
		if !errors.As(err, &known) {
			s.cfg.Log.Warn("a source was tested and failed", "kind", src.Kind, "err", err)
		}
		return &Tried{Sentence: onlyOnce.Replace(sources.Sentence(err))}
	case len(ms) == 0:
		return &Tried{OK: true, Sentence: "It answers, and has nothing to show at the moment. Save it and look at its health tomorrow."}
	}
	t := &Tried{OK: true, Sentence: "It answers. It would bring mentions such as these; nothing was stored."}
	for i := range ms {
		t.Rows = append(t.Rows, s.triedRow(&ms[i], src.AllTerms))
	}
	return t
}

func (s *Server) triedRow(m *sources.Mention, allTerms bool) TriedRow {
	row := TriedRow{Author: m.Author.Handle, Words: m.Text, Permalink: webLink(m.Permalink), CreatedAt: m.CreatedAt, Kept: allTerms || len(m.MatchedBy) > 0}
	if row.Author == "" {
		row.Author = m.Author.Name
	}
	if row.Words == "" {
		row.Words = m.Title
	}
	if len(row.Words) > triedWords {
		row.Words = strings.ToValidUTF8(row.Words[:triedWords], "") + "…"
	}
	for _, by := range m.MatchedBy {
		term, isTerm := strings.CutPrefix(by, "keyword:")
		if !isTerm {
			term = strings.ReplaceAll(by, "_", " ")
		}
		row.Terms = append(row.Terms, s.termQuery(term))
	}
	return row
}

// termQuery is a watch term as people wrote it.
func (s *Server) termQuery(id string) string {
	for _, t := range s.cfg.Settings().Folder.Terms {
		if t.ID == id {
			return t.Query
		}
	}
	return id
}
