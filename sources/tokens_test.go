package sources_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"earshot/sources"
	"earshot/sources/sourcestest"
)

// issuer gives one token after another.
type issuer struct {
	keys  map[string]string
	kept  map[string]string
	now   time.Time
	given int
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("refresh_token") != sourcestest.Secret {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	i.given++
	fmt.Fprintf(w, `{"access_token":"token-%d","refresh_token":"another","expires_in":7200}`, i.given)
}

func (i *issuer) tokens(t *testing.T) *sources.Tokens {
	p := sourcestest.NewPlatform(t, i)
	call := &sources.Caller{Client: p.Client(), Name: "The platform", Asks: []string{"/token"}}
	return &sources.Tokens{Caller: call, Address: p.URL + "/token", Source: "s", Plain: "access_token", Deps: sources.Deps{
		Now:    func() time.Time { return i.now },
		Secret: func(_ context.Context, _, name string) (string, error) { return i.keys[name], nil },
		SaveSecret: func(_ context.Context, _, name, value string) error {
			i.kept[name] = value
			return nil
		}}}
}

func newIssuer(keys ...string) *issuer {
	i := &issuer{keys: map[string]string{"client_id": "id", "client_secret": "secret"}, kept: map[string]string{}, now: time.Now()}
	for n := 0; n+1 < len(keys); n += 2 {
		i.keys[keys[n]] = keys[n+1]
	}
	return i
}

func TestTokensAreKeptUntilTheyEnd(t *testing.T) {
	i := newIssuer("refresh_token", sourcestest.Secret)
	tokens := i.tokens(t)
	for _, want := range []string{"token-1", "token-1", "token-2"} {
		if got, err := tokens.Token(t.Context()); err != nil || got != want {
			t.Fatalf("got %q %v, want %q", got, err, want)
		}
		if i.given == 1 && want == "token-1" {
			i.now = i.now.Add(time.Hour)
		}
	}
	if i.kept["refresh_token"] != "another" {
		t.Errorf("kept %v", i.kept)
	}
}

func TestARefusedTokenIsRenewedOnce(t *testing.T) {
	i := newIssuer("refresh_token", sourcestest.Secret)
	tokens := i.tokens(t)
	dead := sources.Stopf("The platform does not accept the key.")
	if _, err := tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := tokens.Refused(sources.Response{Status: 401}, dead); !errors.Is(err, sources.ErrStop) {
		t.Errorf("a new token refused: %v", err)
	}
	i.now = i.now.Add(5 * time.Minute)
	if err := tokens.Refused(sources.Response{Status: 403}, dead); !errors.Is(err, sources.ErrStop) {
		t.Errorf("another refusal: %v", err)
	}
	if err := tokens.Refused(sources.Response{Status: 401}, dead); errors.Is(err, sources.ErrStop) {
		t.Errorf("an older token refused: %v", err)
	}
	if got, err := tokens.Token(t.Context()); err != nil || got != "token-2" {
		t.Errorf("afterwards %q %v", got, err)
	}
}

func TestAnEnteredTokenIsUsedAsItIs(t *testing.T) {
	i := newIssuer("access_token", "entered")
	tokens := i.tokens(t)
	if got, err := tokens.Token(t.Context()); err != nil || got != "entered" || i.given != 0 {
		t.Errorf("got %q %v", got, err)
	}
	dead := sources.Stopf("dead")
	if err := tokens.Renew(dead); !errors.Is(err, sources.ErrStop) {
		t.Errorf("refused: %v", err)
	}
	i.keys["access_token"] = ""
	if _, err := tokens.Token(t.Context()); !errors.Is(err, sources.ErrStop) {
		t.Errorf("without a key: %v", err)
	}
}

func TestExchangeInThePlatformsOwnWay(t *testing.T) {
	i := newIssuer("refresh_token", sourcestest.Secret)
	tokens := i.tokens(t)
	tokens.Ask = func(_ context.Context, _ *sources.Caller, form url.Values) (sources.Grant, error) {
		if form.Get("client_id") != "id" || form.Get("refresh_token") != sourcestest.Secret {
			t.Errorf("asked with %v", form)
		}
		return sources.Grant{AccessToken: "own"}, nil
	}
	if got, err := tokens.Token(t.Context()); err != nil || got != "own" || i.given != 0 {
		t.Errorf("got %q %v", got, err)
	}
}
