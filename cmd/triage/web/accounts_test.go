package web_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/casework"
	"earshot/cmd/triage/web"
)

func newAccounts() (*web.Accounts, *table, *time.Time) {
	at := start
	kept := &table{kept: map[string][]byte{}}
	return web.NewAccounts(kept, func() time.Time { return at }), kept, &at
}

func TestFirstAdministratorByAOneTimeLink(t *testing.T) {
	w := newWorld(t, func(c *web.Config) { c.PublicURL = "" })
	old, needed, err := w.server.FirstAdminLink(t.Context())
	if err != nil || !needed {
		t.Fatalf("FirstAdminLink = %v, %v", needed, err)
	}
	link, _, err := w.server.FirstAdminLink(t.Context())
	if err != nil || link == old {
		t.Fatalf("the second link is %q, %v", link, err)
	}
	b := w.browser(t)
	if res := b.get(old); res.status != http.StatusForbidden || !strings.Contains(res.find(".govuk-body-l"), "used already or is too old") {
		t.Errorf("the old link = %d %s", res.status, res.text())
	}
	form := func() url.Values {
		return url.Values{"email": {"It@Marrowby.example"}, "name": {"Ira Tech"}, "password": {password}}
	}
	for field, bad := range map[string][2]string{"password": {"short", "at least 12 characters"}, "email": {"no address", "not complete"}, "name": {" ", "name is missing"}} {
		f := form()
		f.Set(field, bad[0])
		if res := b.submit(link, f); res.status != http.StatusUnprocessableEntity || !strings.Contains(res.find("#problem"), bad[1]) {
			t.Errorf("bad %s = %d %q", field, res.status, res.find("#problem"))
		}
	}
	if res := b.submit(link, form()); res.status != http.StatusSeeOther || res.header.Get("Location") != "/?done=welcome" {
		t.Fatalf("accept = %d %s", res.status, res.text())
	}
	if res := b.get("/settings/people"); res.status != http.StatusOK || !strings.Contains(res.text(), "it@marrowby.example") {
		t.Errorf("people = %d %s", res.status, res.text())
	}
	if res := w.browser(t).submit(link, form()); res.status != http.StatusForbidden {
		t.Errorf("the link works twice: %d", res.status)
	}
	if _, needed, _ := w.server.FirstAdminLink(t.Context()); needed {
		t.Error("a second first administrator is asked for")
	}
	admin := w.server.Accounts.People()[0]
	if res := b.submit("/settings/people/"+admin.ID+"/close", url.Values{}); res.status != http.StatusUnprocessableEntity || !strings.Contains(res.text(), "only administrator") {
		t.Errorf("closing the only administrator = %d %s", res.status, res.text())
	}
}

func TestALinkWorksOnceForTwoAtTheSameMoment(t *testing.T) {
	a, _, _ := newAccounts()
	secret, err := a.Invite(t.Context(), web.Person{}, "c@marrowby.example", "C", casework.Comms, "")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	results := make([]error, 4)
	for i := range results {
		wg.Go(func() {
			_, results[i] = a.Accept(context.Background(), secret, "", "", password+strings.Repeat("!", i))
		})
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		if err == nil {
			won++
		} else if !errors.Is(err, web.ErrUsedLink) {
			t.Errorf("the loser is told %v", err)
		}
	}
	if won != 1 || len(a.People()) != 1 {
		t.Errorf("%d won, %d accounts", won, len(a.People()))
	}
}

func TestInvitingByPage(t *testing.T) {
	w := newWorld(t)
	admin := w.as(t, casework.Admin)
	res := admin.submit("/settings/people", url.Values{"name": {"Sam Service"}, "email": {"sam@marrowby.example"}, "role": {"service"}})
	if res.status != http.StatusUnprocessableEntity || !strings.Contains(res.find("#problem"), "needs a service") {
		t.Errorf("no service = %d %s", res.status, res.find("#problem"))
	}
	res = admin.submit("/settings/people", url.Values{"name": {"Sam Service"}, "email": {"sam@marrowby.example"}, "role": {"service"}, "service": {"waste"}})
	link := res.find(".ear-secret")
	if res.status != http.StatusOK || !strings.HasPrefix(link, w.http.URL+"/welcome/") {
		t.Fatalf("invite = %d %q", res.status, link)
	}
	path := strings.TrimPrefix(link, w.http.URL)
	if strings.Contains(admin.get("/settings/people").text(), link) {
		t.Error("the link is shown again")
	}
	sam := w.browser(t)
	if res := sam.submit(path, url.Values{"password": {password}, "email": {"other@marrowby.example"}}); res.status != http.StatusSeeOther {
		t.Fatalf("accept = %d %s", res.status, res.text())
	}
	var person web.Person
	for _, p := range w.server.Accounts.People() {
		if p.Email == "sam@marrowby.example" {
			person = p
		}
	}
	if person.Role != casework.ServiceMan || person.Service != "waste" {
		t.Fatalf("account %+v", person)
	}
	if res := admin.submit("/settings/people/"+person.ID+"/close", url.Values{}); res.status != http.StatusSeeOther {
		t.Fatalf("close = %d", res.status)
	}
	if res := sam.get("/search"); res.status != http.StatusSeeOther {
		t.Errorf("a closed account is still signed in: %d", res.status)
	}
	if res := w.browser(t).submit("/sign-in", url.Values{"email": {"sam@marrowby.example"}, "password": {password}}); res.status != http.StatusUnprocessableEntity {
		t.Errorf("a closed account signs in: %d", res.status)
	}
	again := admin.submit("/settings/people", url.Values{"name": {"X"}, "email": {"x@marrowby.example"}, "role": {"staff"}})
	secret := strings.TrimPrefix(again.find(".ear-secret"), w.http.URL)
	key, _ := again.doc().Find("form[action*='/withdraw']").Attr("action")
	if res := admin.submit(key, url.Values{}); res.status != http.StatusSeeOther {
		t.Errorf("withdraw = %d", res.status)
	}
	if res := w.browser(t).get(secret); res.status != http.StatusForbidden {
		t.Errorf("a withdrawn link works: %d", res.status)
	}
}

func TestTokens(t *testing.T) {
	a, kept, _ := newAccounts()
	secret, made, err := a.CreateToken(t.Context(), "import", casework.Comms, "waste", "cli")
	if err != nil || made.Service != "" || made.Kept != "" {
		t.Fatalf("CreateToken = %+v, %v", made, err)
	}
	for k, v := range kept.kept {
		if strings.Contains(string(v), secret) || strings.Contains(string(v), strings.SplitN(secret, "_", 3)[2]) {
			t.Errorf("%s holds the token itself", k)
		}
	}
	if got, err := a.Token(secret); err != nil || got.ID != made.ID {
		t.Errorf("Token = %+v, %v", got, err)
	}
	for _, bad := range []string{"", "earshot_", "earshot__", secret + "x", secret[:len(secret)-1], "Earshot" + secret[7:], made.ID} {
		if _, err := a.Token(bad); !errors.Is(err, web.ErrBadToken) {
			t.Errorf("Token(%q) = %v", bad, err)
		}
	}
	if _, _, err := a.CreateToken(t.Context(), "x", casework.System, "", ""); !errors.Is(err, web.ErrBadRole) {
		t.Errorf("a token of the system: %v", err)
	}
	if err := a.RevokeToken(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Token(secret); !errors.Is(err, web.ErrBadToken) {
		t.Errorf("a revoked token: %v", err)
	}
	if err := a.RevokeToken(t.Context(), made.ID); !errors.Is(err, web.ErrNoToken) {
		t.Errorf("revoking twice: %v", err)
	}
}

func TestPasswordsAreKeptAsArgon2id(t *testing.T) {
	a, kept, _ := newAccounts()
	for range 2 {
		secret, err := a.Invite(t.Context(), web.Person{}, "c@marrowby.example", "C", casework.Comms, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Accept(t.Context(), secret, "", "", password); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(a.People()); n != 1 {
		t.Fatalf("%d accounts of one address", n)
	}
	for k, v := range kept.kept {
		if strings.HasPrefix(k, "account/") && (!strings.Contains(string(v), "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(string(v), password)) {
			t.Errorf("%s = %s", k, v)
		}
	}
	if _, err := a.SignIn(t.Context(), " C@marrowby.example ", password); err != nil {
		t.Errorf("the right password: %v", err)
	}
	for email, pw := range map[string]string{"c@marrowby.example": password + "x", "d@marrowby.example": password, "": ""} {
		if _, err := a.SignIn(t.Context(), email, pw); !errors.Is(err, web.ErrWrongPassword) {
			t.Errorf("SignIn(%q) = %v", email, err)
		}
	}
}

// A storm of sign-ins waits for its turn, and who does not get one in time is told when to come back.
func TestAStormOfSignIns(t *testing.T) {
	a, _, _ := newAccounts()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var answered, sentAway atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		ctx := t.Context()
		if i%2 == 1 {
			ctx = ended // will not wait
		}
		wg.Go(func() {
			var busy *web.Busy
			switch _, err := a.SignIn(ctx, "nobody@marrowby.example", "x"); {
			case errors.Is(err, web.ErrWrongPassword):
				answered.Add(1)
			case errors.As(err, &busy) && busy.After > 0:
				sentAway.Add(1)
			default:
				t.Errorf("in the storm: %v", err)
			}
		})
	}
	wg.Wait()
	if answered.Load() == 0 || sentAway.Load() == 0 {
		t.Errorf("%d were answered, %d were asked to come back: both must happen", answered.Load(), sentAway.Load())
	}
}

func TestAStoreThatIsAwaySignsNobodyOut(t *testing.T) {
	a, kept, at := newAccounts()
	secret, err := a.Invite(t.Context(), web.Person{}, "c@marrowby.example", "C", casework.Comms, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Accept(t.Context(), secret, "", "", password)
	if err != nil {
		t.Fatal(err)
	}
	session, err := a.Begin(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	kept.failing = errors.New("the log is away")
	*at = at.Add(time.Hour)
	if _, err := a.Session(t.Context(), session); err != nil {
		t.Errorf("Session = %v", err)
	}
	if _, err := a.Begin(t.Context(), p); err == nil {
		t.Error("a session that is not kept was opened")
	}
}
