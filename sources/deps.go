package sources

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"earshot/settings"
)

// KeyBook holds the keys of one source while it is tried: what a person has just entered, and what the platform renews meanwhile. Safe for
// concurrent use.
type KeyBook interface {
	// Get returns a key, empty when there is none.
	Get(ctx context.Context, name string) (string, error)
	Set(ctx context.Context, name, value string) error
}

// Publisher hands mentions to the log. It returns nil only when the log has acknowledged every one of them; after an error any of them
// may have been written, and all are handed over again.
type Publisher interface {
	PublishMentions(ctx context.Context, ms []Mention) error
}

// CursorStore keeps one Cursor a source. Load of an unknown source returns the zero Cursor.
type CursorStore interface {
	Load(ctx context.Context, source string) (Cursor, error)
	Save(ctx context.Context, source string, c Cursor) error
}

// Forgetter is a CursorStore or SweepStore that lets go of what it keeps of sources that are no more.
type Forgetter interface {
	// ForgetOthers lets go of every source but those of keep.
	ForgetOthers(ctx context.Context, keep []string) error
}

// forgetOthers is what a crew does when it has settled: what has just been stopped writes no more.
func forgetOthers(store any, log *slog.Logger) func(ctx context.Context, keep []string) {
	return func(ctx context.Context, keep []string) {
		f, ok := store.(Forgetter)
		if !ok {
			return
		}
		if err := f.ForgetOthers(ctx, keep); err != nil && ctx.Err() == nil {
			log.Warn("what is kept of sources that were removed is still there; it goes at the next change of the settings", "err", err)
		}
	}
}

// HealthSink takes a source's health whenever it changes and every minute. It must not block for long; an error is logged and
// forgotten, since the next report repeats everything.
type HealthSink interface {
	ReportHealth(ctx context.Context, h Health) error
}

// Factory makes the connector of one kind from its settings. It must not touch the network; faults of the options are sentences for
// the officer, all of them joined.
type Factory func(s settings.Source, d Deps) (Source, error)

// Deps is what a connector may use of the world. Use the methods, which give every zero field a meaning.
type Deps struct {
	// Client returns the guarded HTTP client for a source: limits, User-Agent, no private networks but those in AllowNet.
	// See package fetch. Needed by every connector that talks HTTP.
	Client func(s settings.Source) *http.Client
	// Dial returns what opens connections for a source that speaks no HTTP (mail, chat), under the same guard. Zero: nothing is refused.
	Dial func(s settings.Source) func(ctx context.Context, network, address string) (net.Conn, error)
	// Secret returns a key of a source, such as token or app_password; empty when none is set. Zero: no secrets.
	Secret func(ctx context.Context, source, name string) (string, error)
	// SaveSecret keeps a key that the platform renewed. Zero: renewed keys live as long as the process.
	SaveSecret func(ctx context.Context, source, name, value string) error
	// KeysFor returns what stands in the place of Secret and SaveSecret for a source whose keys are sent to server and to no other. Zero: they stay.
	KeysFor func(server string) (secret func(ctx context.Context, source, name string) (string, error), save func(ctx context.Context, source, name, value string) error)
	// Terms returns the watch terms of this moment, so that a connector that reads a whole network can drop what matches nothing before
	// it decodes it. Zero: none known; everything is handed on.
	Terms func() *Terms
	// Known says for each ID whether its mention was ever taken in, so that a whole network's deletions need not be handed on. Zero:
	// every deletion is handed on, except by connectors that say otherwise.
	Known func(ctx context.Context, ids []string) ([]bool, error)
	// ByAuthor returns the IDs of the mentions taken in of each of a platform's authors, by Author.ID, for a deleted account. Zero: such an
	// account's mentions are deleted only as far as the connector remembers them.
	ByAuthor func(ctx context.Context, platform string, authors []string) (map[string][]string, error)
	Log      *slog.Logger     // zero: silent
	Now      func() time.Time // zero: time.Now
}

// Logger returns Log, never nil.
func (d Deps) Logger() *slog.Logger {
	if d.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return d.Log
}

// Time returns the current time by the injected clock.
func (d Deps) Time() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// HTTP returns the guarded client for s.
func (d Deps) HTTP(s settings.Source) *http.Client {
	if d.Client == nil {
		return http.DefaultClient
	}
	return d.Client(s)
}

// Dialer returns the guarded dialer for s.
func (d Deps) Dialer(s settings.Source) func(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Dial == nil {
		return (&net.Dialer{}).DialContext
	}
	return d.Dial(s)
}

// Key returns a secret of a source, or an error that wraps ErrStop and says what to do when it is missing.
func (d Deps) Key(ctx context.Context, source, name string) (string, error) {
	v, err := d.OptionalKey(ctx, source, name)
	if err != nil {
		return "", err
	}
	if v == "" {
		return "", Stopf("The key %q of this source is missing. Enter it on the sources page.", name)
	}
	return v, nil
}

// OptionalKey is Key without the demand that there be one.
func (d Deps) OptionalKey(ctx context.Context, source, name string) (string, error) {
	if d.Secret == nil {
		return "", nil
	}
	return d.Secret(ctx, source, name)
}

// WithKey returns what puts a source's key into a request, in the platform's own way; it is made for Caller.Auth.
func (d Deps) WithKey(source, name string, put func(r *http.Request, key string)) func(*http.Request) error {
	return func(r *http.Request) error {
		key, err := d.Key(r.Context(), source, name)
		if err == nil {
			put(r, key)
		}
		return err
	}
}

// Bearer is WithKey for a bearer token.
func (d Deps) Bearer(source, name string) func(*http.Request) error {
	return d.InHeader(source, name, "Authorization", "Bearer ")
}

// MaybeBearer is Bearer of a key that a source need not have.
func (d Deps) MaybeBearer(source, name string) func(*http.Request) error {
	return func(r *http.Request) error {
		key, err := d.OptionalKey(r.Context(), source, name)
		if key != "" {
			r.Header.Set("Authorization", "Bearer "+key)
		}
		return err
	}
}

// InHeader is WithKey for a header, behind prefix.
func (d Deps) InHeader(source, name, header, prefix string) func(*http.Request) error {
	return d.WithKey(source, name, func(r *http.Request, key string) { r.Header.Set(header, prefix+key) })
}

// InQuery is WithKey for a parameter of the address, which no error repeats.
func (d Deps) InQuery(source, name, parameter string) func(*http.Request) error {
	return d.WithKey(source, name, func(r *http.Request, key string) {
		q := r.URL.Query()
		q.Set(parameter, key)
		r.URL.RawQuery = q.Encode()
	})
}

// Knows is nil when given, which came with a push, is the source's key of that name; an error that wraps ErrForged when it is another word.
func (d Deps) Knows(ctx context.Context, source, name, given string) error {
	key, err := d.Key(ctx, source, name)
	if err == nil && !SameSecret(key, given) {
		err = fmt.Errorf("%w: not the %s", ErrForged, name)
	}
	return err
}

// KeepKey keeps a renewed key.
func (d Deps) KeepKey(ctx context.Context, source, name, value string) error {
	if d.SaveSecret == nil {
		return nil
	}
	return d.SaveSecret(ctx, source, name, value)
}
