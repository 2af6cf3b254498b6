package web

import (
	"net/http"
	"net/url"
	"strings"

	"earshot/casework"
	"earshot/index"
)

// AuditPage lists acts, newest first.
type AuditPage struct {
	Base
	Kept bool
	Rows []AuditRow
	Next string
}

// AuditRow is one act with the mention it was done on.
type AuditRow struct {
	EventRow
	Mention, Path string
}

const auditRows = 100

func (s *Server) audit(c *call) error {
	p := AuditPage{Base: c.base("Audit"), Kept: s.cfg.Audit != nil}
	if !p.Kept {
		return c.page(http.StatusOK, "audit", p)
	}
	acts, next, err := s.cfg.Audit.Acts(c.r.Context(), c.viewer, c.r.URL.Query().Get("cursor"), auditRows)
	if err != nil {
		return err
	}
	for _, e := range acts {
		rows := s.history(index.Record{Events: c.viewer.Events(append(acts[:0:0], e))}, nil, c.viewer)
		if len(rows) < 2 {
			continue // behind a wall
		}
		row := AuditRow{EventRow: rows[len(rows)-1], Mention: e.Mention}
		switch {
		case e.Type == casework.Switched:
			row.Mention, row.Path = "the classifier", "/numbers#versions"
		case e.Type == casework.Configured:
			row.Mention, row.Path = settingsPlace(e.Note, c.viewer.Role)
			row.Note = ""
		case c.viewer.SeesMentions():
			row.Path = casePath(e.Mention)
		default:
			row.Note, row.Why, row.Detail = "", "", "" // who acted and when is for the administrator, what was said is not
		}
		p.Rows = append(p.Rows, row)
	}
	if next != "" {
		p.Next = "/audit?" + url.Values{"cursor": {next}}.Encode()
	}
	return c.page(http.StatusOK, "audit", p)
}

// settingsPlace says what was changed, and where it stands for those who may look.
func settingsPlace(key string, role casework.Role) (what, path string) {
	if source, ok := strings.CutPrefix(key, "keys/"); ok {
		what, path = "the keys of "+source, sourcePath(source)
	} else {
		what, path = key, "/settings/files/"+url.PathEscape(key)
	}
	if !roleOpens(role, "/settings") {
		path = ""
	}
	return what, path
}
