package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"earshot/escalate"
)

// Server answers every HTTP request of triage.
type Server struct {
	Accounts *Accounts

	cfg       Config
	metrics   *Metrics
	pages     *pages
	assets    http.Handler
	crossSite *http.CrossOriginProtection
	pairs     *limiter // sign-in tries by account and address
	addresses *limiter // and by address
	entered   drawer   // keys typed for a test and not saved
	trying    chan struct{}
	handler   http.Handler
}

// New checks c and returns a Server.
func New(c Config) (*Server, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.defaults()
	s := &Server{
		Accounts:  NewAccounts(c.Table, c.Now),
		cfg:       c,
		metrics:   NewMetrics(c.Registerer),
		crossSite: http.NewCrossOriginProtection(),
		pairs:     newLimiter(triesPerPair, pairEvery),
		addresses: newLimiter(triesPerAddress, addressEvery),
		trying:    make(chan struct{}, triesAtOnce),
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		if err := s.crossSite.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
			return nil, fmt.Errorf("web: public URL: %w", err)
		}
	}
	var err error
	if s.pages, err = openPages(c.Dev); err != nil {
		return nil, err
	}
	if !s.pages.dressed() {
		c.Log.Info("the pages are plain: run make assets once, then build again, to dress them")
	}
	if s.assets, err = s.pages.static(); err != nil {
		return nil, fmt.Errorf("web: built assets: %w", err)
	}
	s.handler = s.mux()
	return s, nil
}

func (c *Config) defaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Stream == nil {
		c.Stream = NewHub()
	}
	if c.Health == nil {
		c.Health = noHealth
	}
	if c.Notices == nil {
		c.Notices = func() []escalate.Notice { return nil }
	}
	if c.Settings == nil {
		c.Settings = func() Settings { return Settings{} }
	}
	if c.Status == nil {
		c.Status = func() []StatusLine { return nil }
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
}

// Handler returns the handler for every route.
func (s *Server) Handler() http.Handler { return s.handler }

// FirstAdminLink returns the one-time link under which the first administrator chooses a password, and whether one is needed: it is not
// once an administrator exists. Asking again gives a new link and ends the one before.
func (s *Server) FirstAdminLink(ctx context.Context) (link string, needed bool, err error) {
	return s.Accounts.FirstAdminLink(ctx, s.cfg.PublicURL)
}

// zone is the council's time zone.
func (s *Server) zone() *time.Location {
	if z := s.cfg.Settings().Zone; z != nil {
		return z
	}
	if z, err := time.LoadLocation("Europe/London"); err == nil {
		return z
	}
	return time.UTC
}
