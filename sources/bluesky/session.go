package bluesky

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Names of the secrets a search uses: one the officer enters, one the program keeps.
const (
	secretPassword = "app_password"
	secretRefresh  = "refresh_token"
)

// asks are the calls that are a POST and yet change nothing at Bluesky but the session.
var asks = []string{"/xrpc/com.atproto.server.createSession", "/xrpc/com.atproto.server.refreshSession"}

// session signs requests with an access token, renews it when it expired, and logs in only when it cannot be renewed: a server allows
// few logins a day. Without an identifier nothing is signed.
type session struct {
	service, source, identifier string
	deps                        sources.Deps
	call                        *sources.Caller

	mu              sync.Mutex
	access, refresh string
}

// errExpired is the server's word for a token that must be renewed; it comes as 400, not 401.
var errExpired = errors.New("bluesky: token expired")

func newSession(service string, s settings.Source, d sources.Deps) *session {
	x := &session{service: service, source: s.ID, identifier: s.Options["identifier"], deps: d}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Bluesky", Asks: asks, Now: d.Now, Signal: rateLimit}
	return x
}

func (x *session) sign(r *http.Request) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.access != "" {
		r.Header.Set("Authorization", "Bearer "+x.access)
	}
	return nil
}

// refused tells an expired token from other refusals.
func (x *session) refused(r sources.Response, err error) error {
	switch xrpcError(r.Body) {
	case "ExpiredToken", "InvalidToken":
		return errExpired
	case "AuthMissing", "AuthenticationRequired":
		if x.identifier == "" {
			return sources.Stopf("Bluesky wants an account for searching. Enter the option identifier and the key app_password, or use the stream.")
		}
		return errExpired
	case "AccountTakedown":
		return sources.Stopf("Bluesky has taken the account down. Ask Bluesky's support, or use another account.")
	}
	if r.Status == http.StatusUnauthorized && x.identifier != "" {
		return errExpired
	}
	return err
}

func xrpcError(body []byte) string {
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return ""
	}
	return e.Error
}

// retry does something signed; when the token has expired it renews it and tries once more.
func (x *session) retry(ctx context.Context, do func() error) error {
	if x.identifier != "" && x.token() == "" {
		if err := x.renew(ctx); err != nil {
			return err
		}
	}
	err := do()
	if !errors.Is(err, errExpired) {
		return err
	}
	if err := x.renew(ctx); err != nil {
		return err
	}
	if err = do(); errors.Is(err, errExpired) {
		return sources.Stopf("Bluesky does not accept the session it has just given. Enter a new app password on the sources page.")
	}
	return err
}

func (x *session) token() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.access
}

// renew refreshes the session, or begins one.
func (x *session) renew(ctx context.Context) error {
	refresh, err := x.deps.OptionalKey(ctx, x.source, secretRefresh)
	if err != nil {
		return err
	}
	if refresh == "" {
		refresh = x.kept()
	}
	if refresh != "" {
		err := x.exchange(ctx, "com.atproto.server.refreshSession", "Bearer "+refresh, nil)
		if err == nil || !errors.Is(err, sources.ErrStop) {
			return err
		}
	}
	password, err := x.deps.Key(ctx, x.source, secretPassword)
	if err != nil {
		return err
	}
	err = x.exchange(ctx, "com.atproto.server.createSession", "", map[string]string{"identifier": x.identifier, "password": password})
	if errors.Is(err, sources.ErrStop) {
		return sources.Stopf("Bluesky does not accept the account or its app password. Make a new app password in Bluesky's settings and enter it on the sources page.")
	}
	return err
}

func (x *session) exchange(ctx context.Context, method, auth string, body any) error {
	var raw []byte
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, x.service+"/xrpc/"+method, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	r, err := x.call.Do(req)
	if err != nil {
		return err
	}
	var out struct {
		AccessJwt  string `json:"accessJwt"`
		RefreshJwt string `json:"refreshJwt"`
	}
	if err := x.call.Decode(r, &out); err != nil {
		return err
	}
	x.mu.Lock()
	x.access, x.refresh = out.AccessJwt, out.RefreshJwt
	x.mu.Unlock()
	return x.deps.KeepKey(ctx, x.source, secretRefresh, out.RefreshJwt)
}

func (x *session) kept() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.refresh
}
