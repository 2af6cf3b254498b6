package web

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/casework"
)

// ReportPage takes pictures of a post and what the reporter knows of it.
type ReportPage struct {
	Base
	Limits    ReportLimits
	Closed    bool // reports are not taken here
	Form      ReportForm
	Problem   string
	Field     string
	Relations []Choice
}

// ReportedPage says what became of a report.
type ReportedPage struct {
	Base
	Status   ReportStatus
	State    string
	Next     string
	Self     bool
	Fresh    bool // just handed in
	StatusAt string
}

var relations = []Choice{
	{Value: "me", Text: "Me"}, {Value: "colleague", Text: "A colleague or a councillor"}, {Value: "council", Text: "The council or one of its services"},
}

func (s *Server) reportForm(c *call, f ReportForm) ReportPage {
	p := ReportPage{Base: c.base("Report a post"), Form: f, Closed: s.cfg.Reports == nil}
	if !p.Closed {
		p.Limits = s.cfg.Reports.Limits()
	}
	for _, r := range relations {
		r.Chosen = r.Value == f.Relation
		p.Relations = append(p.Relations, r)
	}
	return p
}

func (s *Server) reportPage(c *call) error {
	return c.page(http.StatusOK, "report", s.reportForm(c, ReportForm{Key: randomText()}))
}

// report takes the page's form. A fault shows the form again with what was typed; pictures must be chosen again, as browsers have it.
func (s *Server) report(c *call) error {
	receipt, f, err := s.takeReport(c)
	s.metrics.report(err == nil)
	if err == nil {
		return c.redirect(statusPath(receipt) + "&sent=1")
	}
	bad := asFault(err)
	if bad.Status != http.StatusUnprocessableEntity && bad.Status != http.StatusRequestEntityTooLarge && bad.Reason != "busy" {
		return err
	}
	s.metrics.refusal(bad.Reason)
	p := s.reportForm(c, f)
	p.Base.Title, p.Problem, p.Field = "Error: Report a post", bad.Detail, bad.Field
	bad.headers(c.w.Header())
	return c.page(bad.Status, "report", p)
}

func statusPath(r Receipt) string {
	return "/report/" + url.PathEscape(r.Reference) + "?" + url.Values{"secret": {r.Secret}}.Encode()
}

// formMemory is how much of an upload is held in memory; the rest waits in files that are removed with the request.
const formMemory = 1 << 20

// takeReport reads the multipart form of page and API and hands the report in.
func (s *Server) takeReport(c *call) (Receipt, ReportForm, error) {
	if s.cfg.Reports == nil {
		return Receipt{}, ReportForm{}, asBusy(&Busy{After: time.Hour, Why: "Reports cannot be taken here at the moment"})
	}
	limits := s.cfg.Reports.Limits()
	most := int64(limits.Files+1)*limits.FileBytes + formBytes
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, most)
	if !isMultipart(c.r) {
		return Receipt{}, ReportForm{}, refuse(http.StatusUnsupportedMediaType, "type", "Not a form with files",
			"Send the report as multipart/form-data with the fields files, url, note, relation and contact.")
	}
	if err := c.r.ParseMultipartForm(formMemory); err != nil {
		return Receipt{}, ReportForm{}, uploadError(err, limits)
	}
	defer c.r.MultipartForm.RemoveAll()
	if err := c.checkMultipart(); err != nil {
		return Receipt{}, ReportForm{}, err
	}
	f := readReport(c.r.MultipartForm)
	f.Account = c.viewer.Account
	if key := c.r.Header.Get("Idempotency-Key"); key != "" {
		f.Key = key
	}
	if f.Key != "" {
		f.Key = c.viewer.Account + "/" + f.Key // one person's key never meets another's report
	}
	if len(f.Key) > 256 {
		return Receipt{}, f, &BadReport{File: -1, Why: "The Idempotency-Key may have at most 200 characters."}
	}
	if len(f.Files) > limits.Files {
		return Receipt{}, f, &BadReport{File: -1, Field: "files",
			Why: fmt.Sprintf("You chose %d pictures; one report takes %d. Send the most telling ones now and the others in a second report.", len(f.Files), limits.Files)}
	}
	receipt, err := s.cfg.Reports.Submit(c.r.Context(), f)
	return receipt, f, err
}

func uploadError(err error, l ReportLimits) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &fault{Status: http.StatusRequestEntityTooLarge, Reason: "too_large", Title: "Too much at once", Field: "files",
			Detail: fmt.Sprintf("The pictures are too large together. One report takes %d pictures of up to %s each.", l.Files, bytesText(l.FileBytes))}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, multipart.ErrMessageTooLarge) {
		return badRequest("The upload broke off before it was complete. Nothing was kept; send it again.")
	}
	return badRequest("The upload cannot be read as a form. Nothing was kept; send it again.")
}

func readReport(m *multipart.Form) ReportForm {
	text := func(k string) string {
		if v := m.Value[k]; len(v) > 0 {
			return strings.TrimSpace(v[0])
		}
		return ""
	}
	f := ReportForm{Key: text("key"), URL: text("url"), Note: text("note"), Relation: text("relation"), Contact: text("contact")}
	for _, h := range m.File["files"] {
		if h.Filename == "" && h.Size == 0 {
			continue // a file field left empty
		}
		f.Files = append(f.Files, ReportFile{Name: h.Filename, Size: h.Size, Open: func() (io.ReadSeekCloser, error) { return h.Open() }})
	}
	return f
}

func (s *Server) reportStatus(c *call) error {
	if s.cfg.Reports == nil {
		return ErrBadLink
	}
	st, err := s.cfg.Reports.Status(c.r.Context(), c.r.PathValue("reference"), c.r.URL.Query().Get("secret"))
	if err != nil {
		return err
	}
	p := ReportedPage{Base: c.base("Report " + st.Reference), Status: st, Fresh: c.r.URL.Query().Get("sent") == "1",
		State: "Received", Next: "A person in the communications team looks at it in office hours; a threat or danger is passed on at once."}
	rec, err := s.cfg.Record.Get(c.r.Context(), casework.Viewer{Role: casework.System}, st.Mention)
	if err == nil {
		p.Self = rec.Mention.Relation == "me"
		p.State, p.Next = reportState(rec.Case, p.Self)
	} else if asFault(err).Status >= http.StatusInternalServerError {
		return err
	}
	return c.page(http.StatusOK, "reported", p)
}

// reportState says to a reporter where their report stands, and nothing about anybody else.
func reportState(k casework.Case, self bool) (state, next string) {
	state = publicState(k.State)
	if self && k.HR != "" {
		state = publicState(k.HR)
	}
	who := "The communications team"
	if self {
		who = "HR, and nobody else,"
	}
	switch state {
	case "Closed":
		return state, who + " has dealt with it. If something new happens, please send a new report."
	case "Being looked at":
		return state, who + " is working on it."
	}
	return state, who + " will look at it in office hours; a threat or danger is passed on at once."
}

func publicState(s casework.State) string {
	switch s {
	case casework.StateAcked, casework.StateHeld, casework.WithHR, casework.WithMonitoring:
		return "Being looked at"
	case casework.Answered, casework.StateClosed:
		return "Closed"
	}
	return "Received"
}
