package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/settings"
	"earshot/sources"
)

// SourcesPage shows the health of every source and of the program.
type SourcesPage struct {
	Base
	Rows    []SourceRow
	Notices []NoticeRow
	Status  []StatusLine
	Bad     int
	Paused  int
	Changes bool // the viewer may change sources
	Adds    bool // the page of platforms is there
}

// SourceRow is one source's health.
type SourceRow struct {
	ID, Path, Name, Kind, State, Sentence, Rhythm, Node string
	LastSuccess, LastMention, NextTry                   time.Time
	Accepted, Dropped, Failures                         int
	Bad, Paused                                         bool
}

func sourceRow(h sources.Health) SourceRow {
	r := SourceRow{ID: h.Source, Path: sourcePath(h.Source), Name: h.Name, Kind: h.Kind, State: name(sourceStates, h.State), Sentence: sentence(h.Sentence), Node: h.Node,
		LastSuccess: h.LastSuccess, LastMention: h.LastMention, NextTry: h.NextTry, Accepted: int(h.Accepted), Dropped: int(h.Dropped),
		Failures: int(h.Failures), Bad: h.State == "quiet" || h.State == "failing" || h.State == "stopped",
		Paused: h.State == "paused"}
	if h.Sweep != "" {
		r.Sentence, r.Bad = strings.TrimSpace(r.Sentence+" "+sentence(h.Sweep)), true
	}
	if r.Name == "" {
		r.Name = h.Source
	}
	if d, err := settings.ParseDuration(h.Rhythm); err == nil && d > 0 {
		r.Rhythm = span(time.Duration(d))
	}
	return r
}

// NoticeRow is a notice about a source.
type NoticeRow struct {
	ID, Path, Name, Headline, Sentence, Step string
	Since, Well                              time.Time
}

// noticesFor are the notices that a viewer is shown: all, to those who may open the sources.
func (s *Server) noticesFor(c *call) (out []NoticeRow) {
	if !roleOpens(c.viewer.Role, "/sources") {
		return nil
	}
	for _, n := range s.cfg.Notices() {
		out = append(out, NoticeRow{ID: n.Source, Path: sourcePath(n.Source), Name: n.Name, Headline: n.Headline(), Sentence: sentence(n.Sentence), Step: n.Step(),
			Since: n.Since, Well: n.Well})
	}
	return out
}

func (s *Server) sources(c *call) error {
	p := SourcesPage{Base: c.base("Sources"), Status: s.cfg.Status(), Notices: s.noticesFor(c), Adds: s.cfg.Sources != nil}
	p.Changes = p.Adds && c.viewer.Role == casework.Admin
	for _, h := range s.cfg.Health() {
		row := sourceRow(h)
		if p.Adds {
			row.Kind = kindTitle(s.cfg.Sources.Registry(), h.Kind)
		}
		if row.Bad {
			p.Bad++
		}
		if row.Paused {
			p.Paused++
		}
		p.Rows = append(p.Rows, row)
	}
	slices.SortFunc(p.Rows, func(a, b SourceRow) int {
		if a.Bad != b.Bad {
			if a.Bad {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return c.page(http.StatusOK, "sources", p)
}

func sourcePath(id string) string { return "/sources/" + url.PathEscape(id) }

// kindTitle is what a kind of source is called; a kind that this program does not know is called by its name.
func kindTitle(r sources.Registry, kind string) string {
	if k, ok := r[kind]; ok && k.Title != "" {
		return k.Title
	}
	return kind
}
