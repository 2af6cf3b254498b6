package meta

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// The keys of a source, and how the sources page asks for the two that webhooks need.
const (
	Token       = "token"
	appSecret   = "app_secret"
	verifyToken = "verify_token"
)

// PushKeys are the keys without which nothing that the platform pushes is accepted.
var PushKeys = []sources.Field{
	{Name: appSecret, Label: "App secret", Hint: "Meta for Developers, your app, App settings, Basic. Needed for webhooks; it also hardens every request."},
	{Name: verifyToken, Label: "Verify token", Hint: "Any long random word; enter the same one where the app's webhooks are set up."},
}

// Config says how one of the platforms differs from the others.
type Config struct {
	Name        string // "Facebook"
	Base        string // "https://graph.facebook.com/v26.0"
	Permissions string // which a missing permission may be, for the officer
	NoProof     bool   // it takes no appsecret_proof
	// Token returns the token of this moment; nil: the key of that name.
	Token func(ctx context.Context) (string, error)
}

// Client asks one Graph API with one token. Safe for concurrent use.
type Client struct {
	cfg    Config
	source string
	deps   sources.Deps
	call   *sources.Caller
	used   atomic.Int64 // percent of the quota, as the last answer said
}

// NewClient makes the client of a source.
func NewClient(s settings.Source, d sources.Deps, cfg Config) *Client {
	c := &Client{cfg: cfg, source: s.ID, deps: d}
	if c.cfg.Token == nil {
		c.cfg.Token = func(ctx context.Context) (string, error) { return d.Key(ctx, s.ID, Token) }
	}
	c.call = &sources.Caller{Client: d.HTTP(s), Name: cfg.Name, Now: d.Now, Auth: c.authorize, Signal: c.signal, Refused: c.judge}
	return c
}

// Get asks for a path, such as "1000/tagged", and decodes the answer into out.
func (c *Client) Get(ctx context.Context, path string, q url.Values, out any) error {
	if err := c.space(ctx); err != nil {
		return err
	}
	r, err := c.call.Get(ctx, c.cfg.Base+"/"+path+"?"+q.Encode(), "Accept", "application/json")
	if err != nil {
		return err
	}
	if bytes.HasPrefix(bytes.TrimLeft(r.Body, " \r\n\t"), []byte(`{"error"`)) {
		if err := c.judge(r, nil); err != nil {
			return err
		}
	}
	return c.call.Decode(r, out)
}

func (c *Client) authorize(r *http.Request) error {
	token, err := c.cfg.Token(r.Context())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	q.Set("access_token", token)
	if !c.cfg.NoProof {
		secret, err := c.deps.OptionalKey(r.Context(), c.source, appSecret)
		if err != nil {
			return err
		}
		if secret != "" {
			q.Set("appsecret_proof", proof(token, secret))
		}
	}
	r.URL.RawQuery = q.Encode()
	return nil
}

func proof(token, secret string) string {
	return hex.EncodeToString(sources.MAC(secret, []byte(token)))
}

// space waits a little before a request when much of the quota is used: nothing at 75 %, 40 s at 95 %.
func (c *Client) space(ctx context.Context) error {
	d := time.Duration(c.used.Load()-slowAt) * 2 * time.Second
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
