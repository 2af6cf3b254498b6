package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"earshot/casework"

	"github.com/go-json-experiment/json"
)

//go:embed templates
var embeddedTemplates embed.FS

// static holds what `make assets` built: manifest.json and files with a hash in their name. A fresh clone holds a placeholder only.
//
//go:embed all:static
var embeddedStatic embed.FS

// pages are the parsed templates and the built assets.
type pages struct {
	dev      string
	files    fs.FS // static
	manifest map[string]string
	parsed   map[string]*template.Template
}

// pageNames lists every page template; each has a struct that embeds Base, which a test checks it against.
var pageNames = []string{"today", "search", "case", "incidents", "incident", "ack", "report", "reported", "sources", "source", "source-remove", "platforms", "import", "settings", "setting",
	"people", "tokens", "numbers", "sample", "audit", "help", "sign-in", "sign-out", "welcome", "error"}

func openPages(dev string) (*pages, error) {
	p := &pages{dev: dev, manifest: map[string]string{}, parsed: map[string]*template.Template{}}
	var err error
	if p.files, err = fs.Sub(embeddedStatic, "static"); err != nil {
		return nil, err
	}
	if dev != "" {
		p.files = os.DirFS(path.Join(dev, "static"))
	}
	if b, err := fs.ReadFile(p.files, "manifest.json"); err == nil {
		if err := json.Unmarshal(b, &p.manifest); err != nil {
			return nil, fmt.Errorf("web: static/manifest.json is damaged, run make assets again: %w", err)
		}
	}
	for _, n := range pageNames {
		if p.parsed[n], err = parsePage(embeddedTemplates, n); err != nil {
			return nil, err
		}
	}
	return p, nil
}

var pageFuncs = template.FuncMap{
	"label":    func(v any) string { return name(labelNames, fmt.Sprint(v)) },
	"state":    func(v any) string { return name(stateNames, fmt.Sprint(v)) },
	"role":     func(v any) string { return name(roleNames, fmt.Sprint(v)) },
	"platform": func(v string) string { return name(platformNames, v) },
	"language": languageName,
	"number":   thousands,
	"plural":   plural,
	"sentence": sentence,
	"seg":      url.PathEscape,
	"bytes":    bytesText,
	"join":     strings.Join,
}

func parsePage(files fs.FS, n string) (*template.Template, error) {
	t, err := template.New("base.html").Funcs(pageFuncs).ParseFS(files, "templates/base.html", "templates/partials/*.html", "templates/pages/"+n+".html")
	if err != nil {
		return nil, fmt.Errorf("web: page %s: %w", n, err)
	}
	return t, nil
}

func (p *pages) template(n string) (*template.Template, error) {
	if p.dev != "" {
		return parsePage(os.DirFS(p.dev), n)
	}
	return p.parsed[n], nil
}

func (p *pages) dressed() bool { return p.manifest["earshot.css"] != "" }

// Base is what every page shows.
type Base struct {
	Title     string
	Council   string
	Person    Person // zero: not signed in
	Nav       []NavItem
	Nonce     string
	FormToken string
	Notice    string // what was just done, after a redirect
	Reference string
	Version   string
	Dressed   bool
	Live      bool // the page listens for new mentions

	manifest map[string]string
	zone     *time.Location
	now      time.Time
}

// NavItem is one entry of the navigation.
type NavItem struct {
	Text, Path string
	Here       bool
}

// Asset is the path of a built file.
func (b Base) Asset(n string) string { return "/static/" + b.manifest[n] }

// When is a moment as officers read it, in the council's time: Fri 20 Nov 2026, 17:02.
func (b Base) When(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(b.zone).Format("Mon 2 Jan 2006, 15:04")
}

// Stamp is a moment as programs read it.
func (b Base) Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Ago is how long ago t was, or how long until then.
func (b Base) Ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := b.now.Sub(t)
	switch {
	case d < -time.Minute:
		return "in " + span(-d)
	case d < time.Minute:
		return "just now"
	}
	return span(d) + " ago"
}

// Listed is a mention in one of a page's lists, which tells the time as the page does.
type Listed struct {
	Base
	Row
}

// Listed makes r an entry of a list.
func (b Base) Listed(r Row) Listed { return Listed{b, r} }

func span(d time.Duration) string {
	switch {
	case d < time.Hour:
		return plural(int(d.Minutes()), "minute", "minutes")
	case d < 48*time.Hour:
		return plural(int(d.Hours()), "hour", "hours")
	}
	return plural(int(d.Hours()/24), "day", "days")
}

// navigation lists the pages; each person sees those that their role opens.
var navigation = []struct{ text, path string }{
	{"Today", "/"}, {"Search", "/search"}, {"Incidents", "/incidents"}, {"Report a post", "/report"}, {"Numbers", "/numbers"},
	{"Sources", "/sources"}, {"Settings", "/settings"}, {"Audit", "/audit"}, {"Help", "/help"},
}

func (c *call) base(title string) Base {
	b := Base{Title: title, Person: c.person, Nonce: c.nonce, FormToken: c.formToken(), Reference: c.reference, Version: c.s.cfg.Version,
		Dressed: c.s.pages.dressed(), manifest: c.s.pages.manifest, zone: c.s.zone(), now: c.at, Notice: notices[c.r.URL.Query().Get("done")]}
	if b.Council = c.s.cfg.Settings().Folder.Council.Name; b.Council == "" {
		b.Council = "Earshot"
	}
	if c.person.ID == "" {
		return b
	}
	for _, n := range navigation {
		if roleOpens(c.viewer.Role, n.path) {
			here := c.r.URL.Path == n.path || n.path != "/" && strings.HasPrefix(c.r.URL.Path, n.path+"/") ||
				n.path == "/sources" && (strings.HasPrefix(c.r.URL.Path, "/platforms") || c.r.URL.Path == "/import")
			b.Nav = append(b.Nav, NavItem{n.text, n.path, here})
		}
	}
	return b
}

func roleOpens(role casework.Role, path string) bool {
	if path == "/" {
		return role != casework.Staff
	}
	for _, r := range routes {
		if r.method == http.MethodGet && r.pattern == path {
			return r.who.admits(role)
		}
	}
	return false
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// page answers with a template. Nothing is sent before it was rendered whole, so that a fault is never half a page.
func (c *call) page(status int, n string, data any) error {
	t, err := c.s.pages.template(n)
	if err != nil {
		return err
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := t.Execute(b, data); err != nil {
		return fmt.Errorf("render page %s: %w", n, err)
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(status)
	c.w.Write(b.Bytes()) // an error means that the reader has gone
	return nil
}

// ErrorPage says in one sentence what went wrong and what to do.
type ErrorPage struct {
	Base
	Detail string
	Mended string
	Server bool // the fault is ours: show the reference
}

func (c *call) errorPage(f *fault) {
	p := ErrorPage{Base: c.base(f.Title), Detail: f.Detail, Mended: f.Mended, Server: f.Status >= http.StatusInternalServerError}
	if err := c.page(f.Status, "error", p); err != nil {
		c.s.cfg.Log.Error("error page failed", "reference", c.reference, "err", err)
		http.Error(c.w, f.Detail, f.Status)
	}
}

// notices are what a page says after a form was carried out; the address names one of them, so nobody can make it say anything else.
var notices = map[string]string{
	"acknowledged": "Acknowledged. Nobody else will be reminded about this.", "confirmed": "Tags confirmed.", "relabelled": "Tags changed.",
	"assigned": "Assigned.", "noted": "Note added.", "held": "Noted that a holding reply was sent.", "replied": "Noted that a reply was sent.",
	"closed": "Closed.", "reopened": "Opened again.", "referred": "Referred.", "support_offered": "Noted that support was offered.",
	"manager_told": "Noted that the manager was told.", "police_told": "Noted that the police were told.", "undone": "Undone.",
	"drafted": "Draft kept.", "approved": "Draft approved.",
	"seen":      "Marked as seen. From now on Today counts what is published after this moment.",
	"withdrawn": "The link was withdrawn.", "account-closed": "The account was closed and signed out everywhere.",
	"revoked": "The token was revoked.", "imported": "The file was taken. It is in force within a moment.",
	"switched":       "Done. Mentions that come in from now on are judged by it; the change stands on the audit page.",
	"source-saved":   "Saved. It is in force within a moment; its health shows here.",
	"source-paused":  "Paused. Nothing is read from it until it goes on.",
	"source-on":      "It goes on where it stopped.",
	"source-removed": "The source and its keys are removed. What it brought stays.",
	"welcome":        "Your password is set. You are signed in.",
}
