package web

import (
	"net/http"
	"slices"

	"earshot/casework"
)

// audience says who may open a route. The zero audience is nobody.
type audience struct {
	open  bool // everybody, signed in or not
	roles []casework.Role
}

func (a audience) admits(r casework.Role) bool { return a.open || slices.Contains(a.roles, r) }

func only(roles ...casework.Role) audience { return audience{roles: roles} }

// The audiences of the routes. What somebody sees inside a route is decided by casework.Viewer, not here.
var (
	anybody  = audience{open: true}
	signedIn = only(casework.Roles...)
	readers  = only(casework.Comms, casework.HR, casework.Monitoring, casework.ServiceMan, casework.Admin)
	actors   = only(casework.Comms, casework.HR, casework.Monitoring)
	keepers  = only(casework.Comms, casework.Admin) // of settings, sources and hand-in (P3)
	admins   = only(casework.Admin)
	samplers = only(casework.Comms)
	auditors = only(casework.Comms, casework.HR, casework.Monitoring, casework.Admin)
)

// Bodies of requests, in bytes. A report's bound follows from Reports.Limits.
const (
	formBytes   = 1 << 20
	handInBytes = 64 << 20
	importBytes = 16 << 20
	noBody      = 0
)

// route is one line of the table that Handler serves, the role walk tests and openapi.yaml describes.
type route struct {
	method, pattern string
	who             audience
	body            int64 // most bytes of a request's body
	api             bool  // answers with JSON and takes bearer tokens
	files           bool  // takes multipart forms; its handler bounds the body and checks the form's token
	handle          func(*Server, *call) error
}

// routes is the one table of what is served, to whom, and how much they may send.
var routes []route

func init() { // handlers refer to the table (openapi, navigation), so it cannot be a composite literal
	routes = []route{
		{"GET", "/{$}", signedIn, noBody, false, false, (*Server).today},
		{"POST", "/seen", readers, formBytes, false, false, (*Server).markSeen},
		{"GET", "/search", readers, noBody, false, false, (*Server).search},
		{"GET", "/cases/{id}", readers, noBody, false, false, (*Server).casePage},
		{"POST", "/cases/{id}/acts", actors, formBytes, false, false, (*Server).caseAct},
		{"GET", "/cases/{id}/pictures/{blob}", readers, noBody, false, false, (*Server).picture},
		{"GET", "/incidents", actors, noBody, false, false, (*Server).incidents},
		{"GET", "/incidents/{id}", actors, noBody, false, false, (*Server).incident},
		{"POST", "/incidents/{id}/acts", actors, formBytes, false, false, (*Server).incidentAct},
		{"GET", "/ack/{token}", anybody, noBody, false, false, (*Server).ackPage},
		{"POST", "/ack/{token}", anybody, formBytes, false, false, (*Server).ack},
		{"GET", "/report", signedIn, noBody, false, false, (*Server).reportPage},
		{"POST", "/report", signedIn, noBody, false, true, (*Server).report},
		{"GET", "/report/{reference}", anybody, noBody, false, false, (*Server).reportStatus},
		{"GET", "/sources", keepers, noBody, false, false, (*Server).sources},
		{"GET", "/sources/{id}", keepers, noBody, false, false, (*Server).source},
		{"POST", "/sources/{id}", admins, formBytes, false, false, (*Server).changeSource},
		{"POST", "/sources/{id}/pause", admins, formBytes, false, false, (*Server).pauseSource},
		{"GET", "/sources/{id}/remove", admins, noBody, false, false, (*Server).removeSourcePage},
		{"POST", "/sources/{id}/remove", admins, formBytes, false, false, (*Server).removeSource},
		{"GET", "/platforms", keepers, noBody, false, false, (*Server).platforms},
		{"GET", "/platforms/{kind}", keepers, noBody, false, false, (*Server).platform},
		{"POST", "/platforms/{kind}", admins, formBytes, false, false, (*Server).addSource},
		{"GET", "/import", keepers, noBody, false, false, (*Server).importPage},
		{"POST", "/import", keepers, noBody, false, true, (*Server).importFile},
		{"GET", "/settings", keepers, noBody, false, false, (*Server).settings},
		{"GET", "/settings/files/{name}", keepers, noBody, false, false, (*Server).settingFile},
		{"POST", "/settings/files", keepers, importBytes, false, true, (*Server).importSetting},
		{"GET", "/settings/people", admins, noBody, false, false, (*Server).people},
		{"POST", "/settings/people", admins, formBytes, false, false, (*Server).invite},
		{"POST", "/settings/people/{id}/close", admins, formBytes, false, false, (*Server).closePerson},
		{"POST", "/settings/invitations/{key}/withdraw", admins, formBytes, false, false, (*Server).withdraw},
		{"GET", "/settings/tokens", admins, noBody, false, false, (*Server).tokens},
		{"POST", "/settings/tokens", admins, formBytes, false, false, (*Server).createToken},
		{"POST", "/settings/tokens/{id}/revoke", admins, formBytes, false, false, (*Server).revokeToken},
		{"GET", "/numbers", readers, noBody, false, false, (*Server).numbers},
		{"GET", "/numbers/audit", samplers, noBody, false, false, (*Server).sample},
		{"POST", "/numbers/audit", samplers, formBytes, false, false, (*Server).sampleAnswer},
		{"POST", "/numbers/versions", keepers, formBytes, false, false, (*Server).switchVersion},
		{"GET", "/audit", auditors, noBody, false, false, (*Server).audit},
		{"GET", "/help", signedIn, noBody, false, false, (*Server).help},
		{"GET", "/sign-in", anybody, noBody, false, false, (*Server).signInPage},
		{"POST", "/sign-in", anybody, formBytes, false, false, (*Server).signIn},
		{"POST", "/sign-out", anybody, formBytes, false, false, (*Server).signOut},
		{"GET", "/sign-out", anybody, noBody, false, false, (*Server).signOutPage},
		{"GET", "/welcome/{secret}", anybody, noBody, false, false, (*Server).welcomePage},
		{"POST", "/welcome/{secret}", anybody, formBytes, false, false, (*Server).welcome},

		{"POST", "/api/v1/mentions", keepers, handInBytes, true, false, (*Server).apiHandIn},
		{"GET", "/api/v1/mentions", readers, noBody, true, false, (*Server).apiSearch},
		{"GET", "/api/v1/mentions/{id}", readers, noBody, true, false, (*Server).apiMention},
		{"POST", "/api/v1/mentions/{id}/events", actors, formBytes, true, false, (*Server).apiAct},
		{"POST", "/api/v1/reports", signedIn, noBody, true, true, (*Server).apiReport},
		{"GET", "/api/v1/stream", readers, noBody, true, false, (*Server).apiStream},
		{"GET", "/api/v1/openapi.yaml", anybody, noBody, true, false, (*Server).apiOpenAPI},
		{"GET", "/healthz", anybody, noBody, true, false, (*Server).healthz},
		{"GET", "/readyz", anybody, noBody, true, false, (*Server).readyz},
	}
}

// mux builds the handler: the table, and beside it what is not ours to decide (assets, metrics, webhooks).
func (s *Server) mux() http.Handler {
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.method+" "+r.pattern, s.serve(r))
	}
	mux.Handle("GET /static/", s.guard("/static/", s.assets))
	if s.cfg.Metrics != nil {
		mux.Handle("GET /metrics", s.guard("/metrics", s.cfg.Metrics))
	}
	if s.cfg.Hooks != nil {
		mux.Handle("/hooks/", s.guard("/hooks/", s.cfg.Hooks))
	}
	mux.Handle("/api/", s.serve(route{pattern: "other", who: anybody, api: true, handle: (*Server).notThere}))
	mux.Handle("/", s.serve(route{pattern: "other", who: anybody, handle: (*Server).notThere}))
	return mux
}

func (s *Server) notThere(*call) error { return errNotFound }
