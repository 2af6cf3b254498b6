package web

import (
	"net/http"

	"earshot/casework"
	"earshot/classify"
)

// HelpPage explains the search, the tags, the states and the keyboard.
type HelpPage struct {
	Base
	Labels, Risks, States []Choice
	Reads                 bool
}

func (s *Server) help(c *call) error {
	p := HelpPage{Base: c.base("Help"), Reads: c.viewer.SeesMentions()}
	for _, l := range classify.Labels {
		p.Labels = append(p.Labels, Choice{Value: string(l), Text: name(labelNames, string(l))})
	}
	for _, r := range classify.Risks {
		p.Risks = append(p.Risks, Choice{Value: string(r), Text: name(riskNames, string(r))})
	}
	for _, k := range casework.States {
		p.States = append(p.States, Choice{Value: string(k), Text: name(stateNames, string(k))})
	}
	return c.page(http.StatusOK, "help", p)
}
