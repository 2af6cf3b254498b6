package web_test

import (
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"earshot/casework"
	"earshot/cmd/triage/web"

	"gopkg.in/yaml.v3"
)

// who may open which route, kept apart from the code so that a change of either shows. C comms, H hr, M monitoring, S service, A admin,
// T staff; "open" is everybody, signed in or not.
var admitted = map[string]string{
	"GET /{$}": "CHMSAT", "POST /seen": "CHMSA", "GET /search": "CHMSA", "GET /cases/{id}": "CHMSA", "POST /cases/{id}/acts": "CHM",
	"GET /cases/{id}/pictures/{blob}": "CHMSA", "GET /incidents": "CHM", "GET /incidents/{id}": "CHM", "POST /incidents/{id}/acts": "CHM",
	"GET /ack/{token}": "open", "POST /ack/{token}": "open", "GET /report": "CHMSAT", "POST /report": "CHMSAT", "GET /report/{reference}": "open",
	"GET /sources": "CA", "GET /sources/{id}": "CA", "POST /sources/{id}": "A", "POST /sources/{id}/pause": "A", "GET /sources/{id}/remove": "A",
	"POST /sources/{id}/remove": "A", "GET /platforms": "CA", "GET /platforms/{kind}": "CA", "POST /platforms/{kind}": "A", "GET /import": "CA", "POST /import": "CA", "GET /settings": "CA", "GET /settings/files/{name}": "CA", "POST /settings/files": "CA", "GET /settings/people": "A",
	"POST /settings/people": "A", "POST /settings/people/{id}/close": "A", "POST /settings/invitations/{key}/withdraw": "A",
	"GET /settings/tokens": "A", "POST /settings/tokens": "A", "POST /settings/tokens/{id}/revoke": "A", "GET /numbers": "CHMSA",
	"GET /numbers/audit": "C", "POST /numbers/audit": "C", "POST /numbers/versions": "CA", "GET /audit": "CHMA", "GET /help": "CHMSAT", "GET /sign-in": "open", "POST /sign-in": "open", "GET /sign-out": "open", "POST /sign-out": "open",
	"GET /welcome/{secret}": "open", "POST /welcome/{secret}": "open", "POST /api/v1/mentions": "CA", "GET /api/v1/mentions": "CHMSA",
	"GET /api/v1/mentions/{id}": "CHMSA", "POST /api/v1/mentions/{id}/events": "CHM", "POST /api/v1/reports": "CHMSAT", "GET /api/v1/stream": "CHMSA",
	"GET /api/v1/openapi.yaml": "open", "GET /healthz": "open", "GET /readyz": "open",
}

var letters = map[casework.Role]string{casework.Comms: "C", casework.HR: "H", casework.Monitoring: "M", casework.ServiceMan: "S", casework.Admin: "A", casework.Staff: "T"}

func TestEveryRouteAdmitsItsRolesOnly(t *testing.T) {
	w := newWorld(t)
	seed(w)
	w.hub.Close() // so that the stream answers at once
	var seen []string
	people := map[casework.Role]*browser{}
	for role := range letters {
		people[role] = w.as(t, role)
	}
	for _, r := range web.Routes() {
		key := r.Method + " " + r.Pattern
		seen = append(seen, key)
		want, known := admitted[key]
		if !known {
			t.Errorf("%s is not in the table of the test", key)
			continue
		}
		path := strings.NewReplacer("{$}", "", "{id}", url.PathEscape(complaintID), "{blob}", "x", "{token}", "x", "{reference}", "x", "{name}", "terms.yaml", "{kind}", "megaphone",
			"{key}", "x", "{secret}", "x").Replace(r.Pattern)
		for role, letter := range letters {
			ok := want == "open" || strings.Contains(want, letter)
			var res *answer
			if r.API {
				res = w.browser(t).bearer(role, r.Method, path, "")
			} else {
				b := people[role]
				switch {
				case r.Pattern == "/sign-out" && r.Method == http.MethodPost:
					res = w.browser(t).submit(path, url.Values{}) // the others stay signed in
				case r.Method == http.MethodPost:
					res = b.submit(path, url.Values{})
				default:
					res = b.get(path)
				}
			}
			refused := res.status == http.StatusForbidden && (strings.Contains(string(res.body), "Not for your role"))
			if refused == ok {
				t.Errorf("%s as %s = %d, want admitted %v: %s", key, role, res.status, ok, res.body[:min(len(res.body), 200)])
			}
		}
		res := w.browser(t).do(w.browser(t).request(r.Method, path, nil))
		signIn := res.status == http.StatusUnauthorized || strings.HasPrefix(res.header.Get("Location"), "/sign-in")
		if key != "GET /sign-out" && key != "POST /sign-out" && signIn == (want == "open") {
			t.Errorf("%s as nobody = %d to %q, want open %v", key, res.status, res.header.Get("Location"), want == "open")
		}
	}
	if len(seen) != len(admitted) {
		t.Errorf("%d routes are served, %d are in the table of the test", len(seen), len(admitted))
	}
}

// Every route of the API is described, and nothing else is.
func TestOpenAPIDescribesTheRoutes(t *testing.T) {
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, methods := range doc.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range web.Routes() {
		if r.API {
			served = append(served, r.Method+" "+r.Pattern)
		}
	}
	slices.Sort(described)
	slices.Sort(served)
	if !slices.Equal(described, served) || len(served) == 0 {
		t.Errorf("described %v\nserved    %v", described, served)
	}
}

// bearer sends a request with a fresh token of a role.
func (b *browser) bearer(role casework.Role, method, path, body string, head ...string) *answer {
	b.t.Helper()
	service := ""
	if role == casework.ServiceMan {
		service = "waste"
	}
	secret, _, err := b.w.server.Accounts.CreateToken(b.t.Context(), "test", role, service, "test")
	if err != nil {
		b.t.Fatal(err)
	}
	r := b.request(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	return b.do(r)
}
