package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"earshot/casework"
	"earshot/settings"
	"earshot/sources"
)

// PlatformsPage lists what can be listened to, and what cannot.
type PlatformsPage struct {
	Base
	Groups  []PlatformGroup
	Ways    []Way
	Closed  []ClosedPlatform
	Changes bool
}

// SourcePage is one source, or a new one of a kind: what it may read and what it costs, its health, and for an administrator the form.
type SourcePage struct {
	Base
	New     bool
	ID      string
	Kind    string
	Called  string // what the kind is called
	About   sources.About
	Keep    string // how long the platform's terms let text be kept; empty: they set no limit
	Unknown bool   // this program has no such kind of source
	Row     SourceRow
	Source  settings.Source
	Options []NamedValue // for those who may not change them
	Rhythm  string
	Changes bool
	Form    SourceForm
	Hook    string // the address to enter at the platform, where it pushes
	Pushes  bool
	AsksHub bool // the address goes into an option, and Earshot asks a hub to send there
	Tried   *Tried
	Action  string
}

// NamedValue is a line of settings as it is read.
type NamedValue struct{ Name, Value string }

// RemovePage asks whether a source is to be removed.
type RemovePage struct {
	Base
	ID, Name string
}

func (s *Server) platforms(c *call) error {
	if s.cfg.Sources == nil {
		return errNotFound
	}
	have := map[string]int{}
	for _, src := range s.cfg.Settings().Folder.Sources {
		have[src.Kind]++
	}
	r := s.cfg.Sources.Registry()
	ways := wayRows(r)
	p := PlatformsPage{Base: c.base("What can be listened to"), Groups: groupPlatforms(r, have), Ways: ways, Closed: closedRows(ways), Changes: c.changesSources()}
	if p.Changes {
		p.Base.Title = "Add a source"
	}
	return c.page(http.StatusOK, "platforms", p)
}

func (c *call) changesSources() bool {
	return c.s.cfg.Sources != nil && c.viewer.Role == casework.Admin
}

// platform shows one kind of source, with the form of a new one.
func (s *Server) platform(c *call) error {
	k, err := s.kind(c.r.PathValue("kind"))
	if err != nil {
		return err
	}
	p := s.newSourcePage(c, k)
	p.Form = blankForm(k)
	return c.page(http.StatusOK, "source", p)
}

func (s *Server) kind(name string) (sources.Connector, error) {
	if s.cfg.Sources == nil {
		return sources.Connector{}, errNotFound
	}
	k, ok := s.cfg.Sources.Registry()[name]
	if !ok {
		return k, errNotFound
	}
	return k, nil
}

func (s *Server) newSourcePage(c *call, k sources.Connector) SourcePage {
	return SourcePage{Base: c.base(k.Title), New: true, Kind: k.Name, Called: k.Title, About: k.About, Keep: keepOf(k), Pushes: k.Push != nil, Changes: c.changesSources(),
		Action: "/platforms/" + url.PathEscape(k.Name)}
}

// addSource tests or saves a new source.
func (s *Server) addSource(c *call) error {
	k, err := s.kind(c.r.PathValue("kind"))
	if err != nil {
		return err
	}
	return s.takeSource(c, k, settings.Source{}, s.newSourcePage(c, k))
}

// source shows one source of the settings.
func (s *Server) source(c *call) error {
	p, k, src, err := s.sourcePage(c)
	if err != nil {
		return err
	}
	p.Form = formOf(k, src, s.cfg.Sources.KeyNames(src.ID), false)
	return c.page(http.StatusOK, "source", p)
}

// changeSource tests or saves a source of the settings.
func (s *Server) changeSource(c *call) error {
	p, k, src, err := s.sourcePage(c)
	if err != nil {
		return err
	}
	if p.Unknown {
		return errNotFound
	}
	return s.takeSource(c, k, src, p)
}

func (s *Server) sourcePage(c *call) (SourcePage, sources.Connector, settings.Source, error) {
	src, err := s.sourceOf(c)
	if err != nil {
		return SourcePage{}, sources.Connector{}, src, err
	}
	k, known := s.cfg.Sources.Registry()[src.Kind]
	if !known { // as a newer program's settings may say
		k.Name, k.Title = src.Kind, src.Kind
	}
	p := SourcePage{Base: c.base(src.Name), ID: src.ID, Kind: k.Name, Called: k.Title, About: k.About, Keep: keepOf(k), Unknown: !known, Source: src, Rhythm: rhythmOf(src),
		Changes: c.changesSources() && known, Action: sourcePath(src.ID), Pushes: k.Push != nil}
	if p.Base.Title == "" {
		p.Base.Title = src.ID
	}
	p.AsksHub = slices.ContainsFunc(k.Options, func(o sources.Field) bool { return o.Name == sources.CallbackField.Name })
	if p.Pushes {
		p.Hook = c.baseURL() + "/hooks/" + url.PathEscape(src.ID)
	}
	p.Row = sourceRow(sources.Health{Source: src.ID, State: sources.StateStarting})
	for _, h := range s.cfg.Health() {
		if h.Source == src.ID {
			p.Row = sourceRow(h)
		}
	}
	for _, o := range k.Options {
		if v := src.Options[o.Name]; v != "" {
			p.Options = append(p.Options, NamedValue{o.Label, v})
		}
	}
	return p, k, src, nil
}

func keepOf(k sources.Connector) string {
	if k.Keep == 0 {
		return ""
	}
	return plural(int(k.Keep.Hours()/24), "day", "days")
}

// sourceOf is the source that the address names.
func (s *Server) sourceOf(c *call) (settings.Source, error) {
	list := s.cfg.Settings().Folder.Sources
	i := slices.IndexFunc(list, func(x settings.Source) bool { return x.ID == c.r.PathValue("id") })
	if i < 0 || s.cfg.Sources == nil {
		return settings.Source{}, errNotFound
	}
	return list[i], nil
}

// takeSource reads the form of a source and does what its button says: test or save.
func (s *Server) takeSource(c *call, k sources.Connector, old settings.Source, p SourcePage) error {
	var taken []string
	for _, x := range s.cfg.Settings().Folder.Sources {
		taken = append(taken, x.ID)
	}
	var set []string
	if old.ID != "" {
		set = s.cfg.Sources.KeyNames(old.ID)
	}
	typed := s.entered.take(c.r.PostForm.Get("entered"), c.person.ID, old.ID, c.at)
	d := readSource(k, old, c.r.PostForm, set, taken, typed)
	if len(d.form.Problems) == 0 {
		if _, err := k.New(d.source, sources.Deps{}); err != nil {
			d.refuseFault(err)
		}
	}
	if old.ID != "" && c.r.PostForm.Get("was") != fingerprint(old) {
		d.refuse([]FormProblem{{"name", "Somebody has changed this source while this page was open. Open it again and make your change there."}})
	}
	keys := &entered{desk: s.cfg.Sources, source: d.source, isNew: old.ID == "", person: c.person.ID, keys: d.keys}
	if len(d.form.Problems) > 0 {
		return s.sourceAgain(c, p, &d, keys)
	}
	if c.r.PostForm.Get("do") == "test" {
		p.Tried = s.try(c.r.Context(), d.source, keys)
		return s.sourceAgain(c, p, &d, keys)
	}
	if err := s.saveSource(c, old, &d); err != nil {
		if len(settings.Faults(err)) == 0 {
			return err
		}
		d.refuseFault(err)
		return s.sourceAgain(c, p, &d, keys)
	}
	return c.redirect(sourcePath(d.source.ID) + "?done=source-saved")
}

// sourceAgain shows the form as it was sent, with what is wrong or what a test brought. Keys that were typed wait on this node.
func (s *Server) sourceAgain(c *call, p SourcePage, d *draft, keys *entered) error {
	p.Form = d.form
	if len(keys.all()) > 0 {
		p.Form.Entered = s.entered.keep(keys, c.at)
	}
	status := http.StatusOK
	if len(p.Form.Problems) > 0 {
		s.metrics.refusal("bad_form")
		status = http.StatusUnprocessableEntity
		p.Base.Title = "Error: " + p.Base.Title
	}
	return c.page(status, "source", p)
}

// saveSource stores the keys first, so that a new source starts with them.
func (s *Server) saveSource(c *call, old settings.Source, d *draft) error {
	ctx, by := c.r.Context(), c.actor()
	if old.ID == "" { // keys of an earlier source of the same ID, perhaps of another platform, go to nobody
		for _, name := range s.cfg.Sources.KeyNames(d.source.ID) {
			if _, typed := d.keys[name]; !typed {
				d.keys[name] = ""
			}
		}
	}
	if err := s.cfg.Sources.SetKeys(ctx, by, d.source, d.keys); err != nil {
		return err
	}
	if old.ID != "" {
		return s.cfg.Sources.Put(ctx, by, "changed the source "+d.source.ID, d.source)
	}
	err := s.cfg.Sources.Put(ctx, by, "added the source "+d.source.ID, d.source)
	if err != nil && len(d.keys) > 0 { // keys of nothing
		none := map[string]string{}
		for name := range d.keys {
			none[name] = ""
		}
		err = errors.Join(err, s.cfg.Sources.SetKeys(ctx, by, d.source, none))
	}
	return err
}

// pauseSource pauses a source, or lets it go on.
func (s *Server) pauseSource(c *call) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	why, done := "let the source "+src.ID+" go on", "source-on"
	src.Paused = c.r.PostForm.Get("paused") != ""
	if src.Paused {
		why, done = "paused the source "+src.ID, "source-paused"
	}
	if err := s.cfg.Sources.Put(c.r.Context(), c.actor(), why, src); err != nil {
		return err
	}
	return c.redirect(sourcePath(src.ID) + "?done=" + done)
}

func (s *Server) removeSourcePage(c *call) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	p := RemovePage{Base: c.base("Remove a source"), ID: src.ID, Name: src.Name}
	if p.Name == "" {
		p.Name = src.ID
	}
	return c.page(http.StatusOK, "source-remove", p)
}

func (s *Server) removeSource(c *call) error {
	src, err := s.sourceOf(c)
	if err != nil {
		return err
	}
	err = s.cfg.Sources.Remove(c.r.Context(), c.actor(), src.ID)
	if err != nil && !errors.Is(err, settings.ErrNoSource) { // somebody else was quicker
		return err
	}
	return c.redirect("/sources?done=source-removed")
}
