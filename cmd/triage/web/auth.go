package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/casework"
)

// Cookies. __Host- binds one to https, this host and no path; browsers refuse it over plain HTTP, so there it goes without.
const (
	sessionCookie = "earshot"
	visitorCookie = "earshot-visitor" // before sign-in: what a form's token is bound to
	formTokenName = "form_token"
	formTokenHead = "X-Form-Token"
)

// admit decides whether the call may reach its handler: not from another site, a form with its token, and a role the route is for.
func (s *Server) admit(c *call) error {
	if err := s.crossSite.Check(c.r); err != nil {
		return errCrossSite
	}
	if err := s.identify(c); err != nil {
		if !c.route.who.open {
			return s.askToSignIn(c, err)
		}
		c.person, c.token, c.viewer = Person{}, nil, casework.Viewer{}
	}
	if !c.route.who.admits(c.viewer.Role) {
		return errRole
	}
	if changes(c.r.Method) && c.token == nil && c.route.pattern != "other" {
		return s.checkFormToken(c)
	}
	return nil
}

func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// identify finds out who asks, by bearer token or by session.
func (s *Server) identify(c *call) error {
	if head := c.r.Header.Get("Authorization"); head != "" && c.route.api {
		kind, secret, _ := strings.Cut(head, " ")
		t, err := s.Accounts.Token(strings.TrimSpace(secret))
		if !strings.EqualFold(kind, "Bearer") || err != nil {
			return ErrBadToken
		}
		c.token, c.viewer = &t, t.Viewer()
		return nil
	}
	c.session = c.cookie(sessionCookie)
	p, err := s.Accounts.Session(c.r.Context(), c.session)
	if err != nil {
		c.session = c.cookie(visitorCookie)
		return err
	}
	c.person, c.viewer = p, p.Viewer()
	return nil
}

// askToSignIn leads a page's visitor to the sign-in page and back; a program gets 401.
func (s *Server) askToSignIn(c *call, err error) error {
	reason := "no_session"
	switch {
	case errors.Is(err, ErrOldSession):
		reason = "old_session"
	case errors.Is(err, ErrBadToken):
		reason = "bad_token"
	}
	if c.route.api {
		detail := "Send a token in the header Authorization: Bearer TOKEN; an administrator makes one with: triage token create."
		if reason == "bad_token" {
			detail = "The token is not valid: it was revoked, or part of it is missing. An administrator makes a new one with: triage token create."
		}
		return refuse(http.StatusUnauthorized, reason, "Not signed in", detail)
	}
	s.metrics.refusal(reason)
	q := url.Values{}
	if c.r.Method == http.MethodGet {
		if here := localPath(c.r.URL.RequestURI()); here != "/" {
			q.Set("next", here)
		}
	}
	if reason == "old_session" {
		q.Set("ended", "1")
	}
	to := "/sign-in"
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return &elsewhere{to}
}

// elsewhere is an answer that is not an error: go there.
type elsewhere struct{ path string }

func (e *elsewhere) Error() string { return "web: see " + e.path }

// formToken is what every form of this visitor carries.
func (c *call) formToken() string {
	if c.session == "" {
		c.session = randomText() + randomText()
		c.setCookie(visitorCookie, c.session, 0)
	}
	mac := hmac.New(sha256.New, c.s.cfg.SecretKey)
	mac.Write([]byte("earshot form token 1\x00" + c.session))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checkFormToken reads the token from the header, else from an urlencoded form. A multipart form is read by its handler, which then calls
// checkToken itself.
func (s *Server) checkFormToken(c *call) error {
	got := c.r.Header.Get(formTokenHead)
	if got == "" {
		if isMultipart(c.r) && c.route.files {
			return nil
		}
		if c.route.api {
			return errFormToken
		}
		if err := c.r.ParseForm(); err != nil {
			return formError(err)
		}
		got = c.r.PostForm.Get(formTokenName)
	}
	return c.checkToken(got)
}

func (c *call) checkToken(got string) error {
	if c.session == "" || !same(got, c.formToken()) {
		return errFormToken
	}
	return nil
}

// checkMultipart is checkFormToken for a multipart form that was parsed; a header that was sent has been checked already.
func (c *call) checkMultipart() error {
	if c.token != nil || c.r.Header.Get(formTokenHead) != "" {
		return nil
	}
	return c.checkToken(c.r.PostForm.Get(formTokenName))
}

func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return badRequest("The form was cut off or is damaged. Send it again.")
}

func isMultipart(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/form-data")
}

func (c *call) cookieName(name string) string {
	if c.secure() {
		return "__Host-" + name
	}
	return name
}

func (c *call) cookie(name string) string {
	k, err := c.r.Cookie(c.cookieName(name))
	if err != nil {
		return ""
	}
	return k.Value
}

// setCookie sets a cookie that ends with the browser, or after life; a negative life removes it.
func (c *call) setCookie(name, value string, life time.Duration) {
	http.SetCookie(c.w, &http.Cookie{Name: c.cookieName(name), Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true,
		Secure: c.secure(), SameSite: http.SameSiteLaxMode})
}
