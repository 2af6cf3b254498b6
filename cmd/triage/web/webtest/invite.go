package webtest

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

var oneTimeLink = regexp.MustCompile(`https?://[^\s<"]+/welcome/[A-Za-z0-9_-]+`)

// Invite makes an account as the administrator whose cookies are given, and signs its owner in.
func Invite(t testing.TB, baseURL string, admin []*http.Cookie, email, name, role, password string) []*http.Cookie {
	t.Helper()
	client := &http.Client{Jar: &cookies{all: admin}}
	page := baseURL + "/settings/people"
	res, err := client.PostForm(page, url.Values{"email": {email}, "name": {name}, "role": {role}, "form_token": {formToken(t, client, page)}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	link := oneTimeLink.FindString(string(body))
	if link == "" {
		t.Fatalf("inviting %s answers %s without a link", role, res.Status)
	}
	return Welcome(t, link, email, name, password)
}
