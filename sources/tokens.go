package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Tokens keeps one OAuth 2 access token fresh: it exchanges what the council entered (a refresh token, or client credentials) for a
// short-lived token, and again before that one ends or when the platform refuses it. Safe for concurrent use.
type Tokens struct {
	Caller   *Caller // its Asks must hold the path of Address
	Address  string  // of the token endpoint
	Source   string  // settings.Source.ID, whose keys are used
	Deps     Deps
	Basic    bool       // client id and secret go into the Authorization header, not into the form
	Form     url.Values // sent besides; grant_type refresh_token is the default
	ClientID string     // the name of the key; zero: client_id
	Secret   string     // zero: client_secret
	Refresh  string     // zero: refresh_token. Not used with another grant_type
	Plain    string     // the key that holds an access token as the platform shows it, used while there is no refresh token; zero: none
	// Ask exchanges in a platform's own way what form holds; zero: form is posted to Address, as RFC 6749 says.
	Ask func(ctx context.Context, c *Caller, form url.Values) (Grant, error)

	mu    sync.Mutex
	token string
	since time.Time
	ends  time.Time
}

// Grant is the answer to an exchange.
type Grant struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ExpiresIn    float64 `json:"expires_in"` // seconds
}

// early is how long before its end a token is exchanged.
const early = 2 * time.Minute

// Authorize puts the token into r as a bearer token; it is made for Caller.Auth.
func (t *Tokens) Authorize(r *http.Request) error {
	token, err := t.Token(r.Context())
	if err == nil {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return err
}

// Token returns a token that is good for a while.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != "" && t.Deps.Time().Before(t.ends) {
		return t.token, nil
	}
	if t.Plain != "" {
		if refresh, err := t.Deps.OptionalKey(ctx, t.Source, orName(t.Refresh, "refresh_token")); err != nil || refresh == "" {
			return t.plain(ctx, err)
		}
	}
	form, err := t.form(ctx)
	if err != nil {
		return "", err
	}
	out, err := t.exchange(ctx, form)
	if err != nil {
		return "", err
	}
	if out.AccessToken == "" {
		return "", Stopf("%s gave no access token for the keys of this source. Enter them anew on the sources page.", t.Caller.name())
	}
	if out.RefreshToken != "" && out.RefreshToken != form.Get("refresh_token") {
		if err := t.Deps.KeepKey(ctx, t.Source, orName(t.Refresh, "refresh_token"), out.RefreshToken); err != nil {
			return "", fmt.Errorf("keep the renewed key: %w", err)
		}
	}
	life := time.Duration(out.ExpiresIn * float64(time.Second))
	if life <= 0 {
		life = time.Hour // RFC 6749, 5.1: a server may leave it out
	}
	t.token, t.since = out.AccessToken, t.Deps.Time()
	t.ends = t.since.Add(max(life-early, life/2))
	return t.token, nil
}

func (t *Tokens) plain(ctx context.Context, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return t.Deps.Key(ctx, t.Source, t.Plain)
}

// Renew says what it means that the platform refused the token with err: a token that was exchanged some time ago is exchanged anew at the next
// try; a new one, or one that was entered, is err, for a person.
func (t *Tokens) Renew(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == "" || t.Deps.Time().Sub(t.since) < time.Minute {
		return err
	}
	t.token = ""
	return &Fault{Sentence: t.Caller.name() + " no longer accepts its token before the time. A new one is asked for."}
}

// Refused is made for Caller.Refused: it is Renew after a 401.
func (t *Tokens) Refused(r Response, err error) error {
	if r.Status == http.StatusUnauthorized {
		return t.Renew(err)
	}
	return err
}

// Forget drops the token, because the platform refused it; the next request exchanges anew.
func (t *Tokens) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token = ""
}

func (t *Tokens) form(ctx context.Context) (url.Values, error) {
	form := url.Values{"grant_type": {"refresh_token"}}
	for k, v := range t.Form {
		form[k] = v
	}
	keys := map[string]string{}
	if !t.Basic {
		keys["client_id"], keys["client_secret"] = orName(t.ClientID, "client_id"), orName(t.Secret, "client_secret")
	}
	if form.Get("grant_type") == "refresh_token" {
		keys["refresh_token"] = orName(t.Refresh, "refresh_token")
	}
	for as, name := range keys {
		v, err := t.Deps.Key(ctx, t.Source, name)
		if err != nil {
			return nil, err
		}
		form.Set(as, v)
	}
	return form, nil
}

func (t *Tokens) exchange(ctx context.Context, form url.Values) (out Grant, err error) {
	c := &Caller{Client: t.Caller.Client, Name: t.Caller.Name, Now: t.Caller.Now, Asks: t.Caller.Asks, Refused: refusedExchange}
	if t.Basic {
		c.Auth = func(r *http.Request) error {
			id, err := t.Deps.Key(ctx, t.Source, orName(t.ClientID, "client_id"))
			if err != nil {
				return err
			}
			secret, err := t.Deps.Key(ctx, t.Source, orName(t.Secret, "client_secret"))
			r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret)) // RFC 6749, 2.3.1
			return err
		}
	}
	if t.Ask != nil {
		return t.Ask(ctx, c, form)
	}
	r, err := c.PostForm(ctx, t.Address, form)
	if err != nil {
		return out, err
	}
	err = c.Decode(r, &out)
	return out, err
}

// refusedExchange tells a refused grant, which a person must mend, from trouble that passes.
func refusedExchange(r Response, err error) error {
	if (r.Status == http.StatusBadRequest || r.Status == http.StatusUnauthorized) && errors.Is(err, ErrStop) {
		return Stopf("%s no longer accepts the keys of this source (%d). Allow the access again there, and enter the new keys on the sources page.",
			r.URL.Hostname(), r.Status)
	}
	return err
}

func orName(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
