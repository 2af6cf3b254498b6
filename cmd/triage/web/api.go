package web

import (
	_ "embed"
	"io"
	"net/http"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// hit is one mention as the API gives it.
type hit struct {
	Mention sources.Mention  `json:"mention"`
	Verdict classify.Verdict `json:"verdict"`
	Case    casework.Case    `json:"case"`
	Gone    index.Gone       `json:"gone,omitzero"` // why the text is no longer kept
}

func asHit(r index.Record) hit { return hit{r.Mention, r.Verdict, r.Case, r.Gone} }

type mentionAnswer struct {
	hit
	Events []casework.Event `json:"events"`
}

type searchAnswer struct {
	Total  int                      `json:"total"`
	Hits   []hit                    `json:"hits"`
	Facets map[string][]index.Count `json:"facets"`
	Next   string                   `json:"next,omitzero"`
}

func (s *Server) apiSearch(c *call) error {
	a, err := readAsked(c.r.URL.Query(), s.zone(), defaultLimit)
	if err != nil {
		return err
	}
	rq, err := a.request(c.viewer, c.at, s.zone())
	if err != nil {
		return err
	}
	rq.Facets = true
	res, err := s.cfg.Search.Search(c.r.Context(), rq)
	if err != nil {
		return err
	}
	recs, err := s.records(c.r.Context(), c, res.Hits)
	if err != nil {
		return err
	}
	answer := searchAnswer{Total: res.Total, Hits: []hit{}, Facets: res.Facets, Next: res.Next}
	if answer.Facets == nil {
		answer.Facets = map[string][]index.Count{}
	}
	for _, r := range recs {
		answer.Hits = append(answer.Hits, asHit(r))
	}
	return c.json(http.StatusOK, answer)
}

func (s *Server) apiMention(c *call) error {
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	answer := mentionAnswer{hit: asHit(rec), Events: rec.Events}
	if answer.Events == nil {
		answer.Events = []casework.Event{}
	}
	return c.json(http.StatusOK, answer)
}

func (s *Server) apiAct(c *call) error {
	rec, err := s.cfg.Record.Get(c.r.Context(), c.viewer, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(c.r.Body)
	if err != nil {
		return formError(err)
	}
	var in casework.Event
	if err := json.Unmarshal(body, &in); err != nil {
		return badRequest(`The event cannot be read: send one JSON object such as {"type":"acknowledged"}.`)
	}
	// Only what a person may say is taken over; who, when, where and behind which wall is decided here.
	e := casework.Event{ID: in.ID, Type: in.Type, Why: in.Why, Note: in.Note, Link: in.Link, Owner: in.Owner, Labels: in.Labels, Risk: in.Risk,
		Target: in.Target, Service: in.Service, Undoes: in.Undoes, Audience: in.Audience}
	done, err := s.act(c.r.Context(), c, rec, e)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, done)
}

type reportAnswer struct {
	Reference string `json:"reference"`
	StatusURL string `json:"status_url"`
}

func (s *Server) apiReport(c *call) error {
	receipt, _, err := s.takeReport(c)
	s.metrics.report(err == nil)
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, reportAnswer{receipt.Reference, strings.TrimRight(c.baseURL(), "/") + statusPath(receipt)})
}

//go:embed openapi.yaml
var openAPI []byte

func (s *Server) apiOpenAPI(c *call) error {
	c.w.Header().Set("Content-Type", "application/yaml")
	c.w.Write(openAPI) // an error means that the reader has gone
	return nil
}

func (s *Server) healthz(c *call) error {
	return c.json(http.StatusOK, map[string]string{"status": "ok", "version": s.cfg.Version})
}

// readyz tells a load balancer whether to send people here. The reason is for the operator and goes to the log.
func (s *Server) readyz(c *call) error {
	if err := s.cfg.Ready(c.r.Context()); err != nil {
		s.cfg.Log.Debug("not ready", "err", err)
		return asBusy(&Busy{After: 1e9, Why: "Earshot is starting, or something it needs is away"})
	}
	return c.json(http.StatusOK, map[string]string{"status": "ready"})
}
