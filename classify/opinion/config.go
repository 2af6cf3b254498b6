package opinion

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/classify/encoder"
)

// Masker reads a text with its people and its council masked; *judge.Classifier is one.
type Masker interface {
	Passage(text string) encoder.Passage
}

// Config says whom to ask and how much.
type Config struct {
	URL      string        // of the server, http or https; /v1/chat/completions is added, or what is missing of it
	Model    string        // as the server calls it
	Key      string        // sent as a bearer token; empty: none
	Budget   int           // calls a day (UTC); 0: DefaultBudget
	Timeout  time.Duration // of one call; 0: 10 s
	Patience time.Duration // how long one Classify may wait for all its calls together; 0: 30 s
	Cache    int           // answers kept; 0: 4,096
	Masker   Masker        // never nil
	Client   *http.Client  // nil: one that follows no redirect, so that a text goes where it was sent only
	Metrics  *Metrics
	Log      *slog.Logger     // nil: none
	Now      func() time.Time // nil: time.Now
}

// DefaultBudget is how many calls a day are made where nothing else is said.
const DefaultBudget = 500

const (
	defaultTimeout  = 10 * time.Second
	defaultPatience = 30 * time.Second
	defaultCache    = 4096

	completions = "/v1/chat/completions"
)

// Validate reports all faults at once; none of them holds the key.
func (c *Config) Validate() error {
	var errs []error
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		errs = append(errs, errors.New("opinion: the server's URL is no web address"))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		errs = append(errs, errors.New("opinion: the server's URL must end with the host or a path"))
	}
	if c.Model == "" {
		errs = append(errs, errors.New("opinion: no model is named"))
	}
	if c.Masker == nil {
		errs = append(errs, errors.New("opinion: without a masker names would leave the house"))
	}
	if c.Budget < 0 || c.Timeout < 0 || c.Patience < 0 || c.Cache < 0 {
		errs = append(errs, errors.New("opinion: budget, timeout, patience and cache must not be negative"))
	}
	return errors.Join(errs...)
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Budget == 0 {
		c.Budget = DefaultBudget
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Patience == 0 {
		c.Patience = defaultPatience
	}
	if c.Cache == 0 {
		c.Cache = defaultCache
	}
	if c.Client == nil {
		c.Client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// endpoint is where questions are posted.
func endpoint(base string) string {
	base = strings.TrimRight(base, "/")
	for _, have := range []string{completions, "/v1"} {
		if strings.HasSuffix(base, have) {
			return strings.TrimSuffix(base, have) + completions
		}
	}
	return base + completions
}
