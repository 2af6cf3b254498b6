package web

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Server answers every HTTP request of triage.
type Server struct {
	cfg      Config
	Accounts *Accounts
	handler  http.Handler
}

// New checks c and returns a Server.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Stream == nil {
		c.Stream = NewHub()
	}
	s := &Server{cfg: c, Accounts: NewAccounts(c.Table, c.Now)}
	s.handler = http.NotFoundHandler()
	return s, nil
}

// Handler returns the handler for every route.
func (s *Server) Handler() http.Handler { return s.handler }

// FirstAdminLink returns the one-time link under which the first administrator chooses a password, and whether one is needed: it is not
// once an administrator exists. Asking again gives a new link and ends the one before.
func (s *Server) FirstAdminLink(ctx context.Context) (link string, needed bool, err error) {
	return s.Accounts.FirstAdminLink(ctx, s.cfg.PublicURL)
}
