package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"earshot/classify"
	"earshot/cmd/internal/env"
	"earshot/cmd/internal/node"
	"earshot/sources"
)

// Config is what a triage process is told: the environment, and what main alone knows.
type Config struct {
	env.Config
	Version  string
	Log      *slog.Logger  // needed
	Out      io.Writer     // where a person reads what to do next; nil: nowhere
	Shutdown time.Duration // for draining and closing; zero: 30 seconds
	Demo     bool          // feed the sample council's mentions when its settings are used
	// ConsiderWithin is how long an escalation that is not about a risk waits for the considered verdict after a fast one, while the encoder is
	// on. Zero: two minutes.
	ConsiderWithin time.Duration

	fast       func(*node.Current) (classify.Classifier, error)                        // nil: judge.New
	considered func(context.Context, classify.Classifier) (classify.Classifier, error) // nil: the encoder's
	connectors sources.Registry                                                        // nil: node.Registry
}

// Validate names what this program cannot do as it is told.
func (c *Config) Validate() error {
	if c.OIDC.Issuer != "" {
		return errors.New("sign-in through OpenID Connect is not part of this version; unset the EARSHOT_OIDC_ variables and use local accounts")
	}
	return nil
}

// publicURL is where people reach the pages of a server listening on addr.
func (c *Config) publicURL(addr string) string {
	scheme := "http://"
	if c.TLS() {
		scheme = "https://"
	}
	return cmp.Or(c.PublicURL, scheme+addr)
}

func (c *Config) path(parts ...string) string {
	return filepath.Join(append([]string{c.Data}, parts...)...)
}
