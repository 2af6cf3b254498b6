package web

import (
	"net/http"
	"net/url"

	"earshot/casework"
	"earshot/settings"
)

// PeoplePage lists accounts and open invitations.
type PeoplePage struct {
	Base
	People      []Person
	Invitations []Invitation
	Roles       []Choice
	Services    []settings.Service
	Problem     string
	Email, Name string // as typed
	Link        string // of a fresh invitation, shown once
	LinkFor     string
}

// TokensPage lists API tokens.
type TokensPage struct {
	Base
	Tokens   []Token
	Roles    []Choice
	Services []settings.Service
	Problem  string
	Secret   string // of a fresh token, shown once
}

func roleChoices(chosen casework.Role) []Choice {
	var out []Choice
	for _, r := range casework.Roles {
		out = append(out, Choice{string(r), name(roleNames, string(r)), r == chosen})
	}
	return out
}

func (s *Server) peoplePage(c *call) PeoplePage {
	return PeoplePage{Base: c.base("People"), People: s.Accounts.People(), Invitations: s.Accounts.Invitations(),
		Roles: roleChoices(casework.Comms), Services: s.cfg.Settings().Folder.Services}
}

func (s *Server) people(c *call) error { return c.page(http.StatusOK, "people", s.peoplePage(c)) }

func (s *Server) invite(c *call) error {
	f := c.r.PostForm
	secret, err := s.Accounts.Invite(c.r.Context(), c.person, f.Get("email"), f.Get("name"), casework.Role(f.Get("role")), f.Get("service"))
	if err != nil && !isMendable(err) {
		return err
	}
	p := s.peoplePage(c)
	if err != nil {
		s.metrics.refusal("bad_form")
		p.Base.Title, p.Problem, p.Email, p.Name = "Error: People", sentence(err.Error()), f.Get("email"), f.Get("name")
		p.Roles = roleChoices(casework.Role(f.Get("role")))
		return c.page(http.StatusUnprocessableEntity, "people", p)
	}
	p.Link, p.LinkFor = welcomeLink(c.baseURL(), secret), f.Get("email")
	return c.page(http.StatusOK, "people", p)
}

// baseURL is where this visitor reaches the pages.
func (c *call) baseURL() string {
	if c.s.cfg.PublicURL != "" {
		return c.s.cfg.PublicURL
	}
	u := url.URL{Scheme: "http", Host: c.r.Host}
	if c.secure() {
		u.Scheme = "https"
	}
	return u.String()
}

func (s *Server) closePerson(c *call) error {
	if err := s.Accounts.Close(c.r.Context(), c.r.PathValue("id")); err != nil {
		return err
	}
	return c.redirect("/settings/people?done=account-closed")
}

func (s *Server) withdraw(c *call) error {
	if err := s.Accounts.Withdraw(c.r.Context(), c.r.PathValue("key")); err != nil {
		return err
	}
	return c.redirect("/settings/people?done=withdrawn")
}

func (s *Server) tokensPage(c *call) TokensPage {
	return TokensPage{Base: c.base("API tokens"), Tokens: s.Accounts.Tokens(), Roles: roleChoices(casework.Comms), Services: s.cfg.Settings().Folder.Services}
}

func (s *Server) tokens(c *call) error { return c.page(http.StatusOK, "tokens", s.tokensPage(c)) }

func (s *Server) createToken(c *call) error {
	f := c.r.PostForm
	secret, _, err := s.Accounts.CreateToken(c.r.Context(), f.Get("name"), casework.Role(f.Get("role")), f.Get("service"), c.person.ID)
	if err != nil && !isMendable(err) {
		return err
	}
	p := s.tokensPage(c)
	if err != nil {
		p.Base.Title, p.Problem = "Error: API tokens", sentence(err.Error())
		return c.page(http.StatusUnprocessableEntity, "tokens", p)
	}
	p.Secret = secret
	return c.page(http.StatusOK, "tokens", p)
}

func (s *Server) revokeToken(c *call) error {
	if err := s.Accounts.RevokeToken(c.r.Context(), c.r.PathValue("id")); err != nil {
		return err
	}
	return c.redirect("/settings/tokens?done=revoked")
}
