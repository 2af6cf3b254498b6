package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/casework"
)

// SignInPage asks for address and password.
type SignInPage struct {
	Base
	Next    string
	Email   string
	Ended   bool
	Out     bool
	Problem string
}

// SignOutPage asks whether to sign out.
type SignOutPage struct{ Base }

// WelcomePage lets the holder of a one-time link choose a password.
type WelcomePage struct {
	Base
	First       bool
	Email, Name string
	Role        string
	Problem     string
	Least       int // characters of a password
}

func (s *Server) signInPage(c *call) error {
	q := c.r.URL.Query()
	if c.person.ID != "" {
		return c.redirect(localPath(q.Get("next")))
	}
	return c.page(http.StatusOK, "sign-in", SignInPage{Base: c.base("Sign in"), Next: q.Get("next"), Ended: q.Get("ended") == "1", Out: q.Get("out") == "1"})
}

func (s *Server) signIn(c *call) error {
	email, next := strings.ToLower(strings.TrimSpace(c.r.PostForm.Get("email"))), c.r.PostForm.Get("next")
	again := func(status int, err error) error {
		p := SignInPage{Base: c.base("Error: Sign in"), Next: next, Email: email, Problem: sentence(err.Error())}
		return c.page(status, "sign-in", p)
	}
	where := network(c.address())
	pair := email + "\x00" + where
	ok, wait := s.addresses.allow(where, c.at)
	if ok {
		ok, wait = s.pairs.allow(pair, c.at)
	}
	if !ok {
		s.metrics.signIn("limited")
		s.metrics.refusal("sign_in_limit")
		c.w.Header().Set("Retry-After", fmt.Sprint(seconds(wait)))
		return again(http.StatusTooManyRequests, fmt.Errorf("too many tries from here: wait %d seconds, then try again. Other people and other places are not held up by this", seconds(wait)))
	}
	p, err := s.Accounts.SignIn(c.r.Context(), email, c.r.PostForm.Get("password"))
	switch {
	case err == nil:
	case isMendable(err):
		s.metrics.signIn("wrong")
		return again(http.StatusUnprocessableEntity, err)
	default:
		return err
	}
	s.pairs.forget(pair)
	s.metrics.signIn("right")
	if err := c.open(p); err != nil {
		return err
	}
	return c.redirect(localPath(next))
}

// open begins a session and hands its cookie over; the visitor's cookie before it is of no more use.
func (c *call) open(p Person) error {
	secret, err := c.s.Accounts.Begin(c.r.Context(), p)
	if err != nil {
		return err
	}
	c.setCookie(sessionCookie, secret, sessionLife)
	c.setCookie(visitorCookie, "", -time.Second)
	return nil
}

func (s *Server) signOutPage(c *call) error {
	if c.person.ID == "" {
		return c.redirect("/sign-in")
	}
	return c.page(http.StatusOK, "sign-out", SignOutPage{c.base("Sign out")})
}

func (s *Server) signOut(c *call) error {
	if c.person.ID != "" {
		if err := s.Accounts.End(c.r.Context(), c.session); err != nil {
			return err
		}
	}
	c.setCookie(sessionCookie, "", -time.Second)
	return c.redirect("/sign-in?out=1")
}

func (s *Server) welcomePage(c *call) error {
	i, err := s.Accounts.Invited(c.r.PathValue("secret"))
	if err != nil {
		return usedLink(err)
	}
	return c.page(http.StatusOK, "welcome", s.welcomeForm(c, i))
}

func usedLink(err error) error {
	return &fault{Status: http.StatusForbidden, Reason: "bad_link", Title: "The link does not work", Detail: sentence(err.Error()), cause: err}
}

func (s *Server) welcomeForm(c *call, i Invitation) WelcomePage {
	return WelcomePage{Base: c.base("Choose a password"), First: i.First, Email: i.Email, Name: i.Name, Role: name(roleNames, string(i.Role)), Least: minPassword}
}

func (s *Server) welcome(c *call) error {
	secret, f := c.r.PathValue("secret"), c.r.PostForm
	i, err := s.Accounts.Invited(secret)
	if err != nil {
		return usedLink(err)
	}
	person, err := s.Accounts.Accept(c.r.Context(), secret, f.Get("email"), f.Get("name"), f.Get("password"))
	if err != nil {
		if !isMendable(err) {
			return err
		}
		p := s.welcomeForm(c, i)
		p.Base.Title, p.Problem = "Error: Choose a password", sentence(err.Error())
		if i.First {
			p.Email, p.Name = f.Get("email"), f.Get("name")
		}
		return c.page(http.StatusUnprocessableEntity, "welcome", p)
	}
	if err := c.open(person); err != nil {
		return err
	}
	if person.Role == casework.Staff {
		return c.redirect("/report?done=welcome")
	}
	return c.redirect("/?done=welcome")
}

func pathSegment(s string) string { return url.PathEscape(s) }
