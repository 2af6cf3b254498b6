package web_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/feed"
	"earshot/sources/mastodon"

	"github.com/PuerkitoBio/goquery"
)

const megaphoneToken = "sesame-9f27"

// megaphone is a platform of the tests: it wants a square and a token, renews the token each time it is asked, and repeats whatever is shouted.
var megaphone = sources.Connector{
	Name: "megaphone", Title: "Megaphone", PerDay: 1000, Keep: 3 * 24 * time.Hour,
	New: func(s settings.Source, d sources.Deps) (sources.Source, error) {
		if strings.Contains(s.Options["square"], "Moon") {
			return nil, errors.New("the option square must be a place on earth")
		}
		return shouts{s, d}, nil
	},
	Push: func(settings.Source, sources.Deps) (sources.Receiver, error) {
		return nil, errors.New("not in this test")
	},
	About: sources.About{Reads: "What people shout in one square.", Access: "A token of the town crier's.", Price: "A penny a shout.", Approval: "A fortnight.",
		Cannot: "Whispers."},
	Options: []sources.Field{{Name: "square", Server: true, Label: "Square", Hint: "Its name.", Example: "Market Square", Needed: true},
		{Name: "mode", Label: "How to listen", Values: []string{"by_day", "by_night"}}},
	Keys: []sources.Field{{Name: "token", Label: "Token", Hint: "The town crier gives it.", Needed: true}},
}

type shouts struct {
	s settings.Source
	d sources.Deps
}

func (x shouts) Next(ctx context.Context, _ sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	token, err := x.d.Key(ctx, x.s.ID, "token")
	if err != nil {
		return nil, "", err
	}
	if token == "hoarse" {
		return nil, "", &sources.Fault{Sentence: "Megaphone has a fault of its own (500). It is tried again."}
	}
	if !strings.HasPrefix(token, megaphoneToken) {
		return nil, "", sources.Stopf("Megaphone does not accept the token (401).")
	}
	if err := x.d.KeepKey(ctx, x.s.ID, "token", token+"+"); err != nil {
		return nil, "", err
	}
	var ms []sources.Mention
	for i, text := range append(slices.Clone(hostileTexts[:3]), "Marrowby council, mend the fountain!") {
		ms = append(ms, sources.Mention{ID: "megaphone:" + string(rune('a'+i)), Platform: "megaphone", Text: text, CreatedAt: start, Author: sources.Author{Handle: text},
			Permalink: "javascript:alert(1)"})
	}
	return ms, "", nil
}

// desk is web.Sources over a world's settings.
type desk struct {
	w    *world
	keys map[string]map[string]string
	whys []string
}

func (d *desk) Registry() sources.Registry {
	return sources.NewRegistry(megaphone, feed.Connector, mastodon.Connector)
}

func (d *desk) Put(_ context.Context, by casework.Actor, why string, s settings.Source) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if s.Name == "refused" {
		return settings.Fault{File: "sources.yaml", Line: 3, Problem: "it is refused"}
	}
	d.whys = append(d.whys, by.ID+" "+why)
	list := slices.Clone(d.w.folder.Sources)
	if i := slices.IndexFunc(list, func(x settings.Source) bool { return x.ID == s.ID }); i >= 0 {
		list[i] = s
	} else {
		list = append(list, s)
	}
	d.w.folder.Sources = list
	return nil
}

func (d *desk) Remove(_ context.Context, by casework.Actor, id string) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	d.whys = append(d.whys, by.ID+" removed "+id)
	d.w.folder.Sources = slices.DeleteFunc(slices.Clone(d.w.folder.Sources), func(x settings.Source) bool { return x.ID == id })
	delete(d.keys, id)
	return nil
}

func (d *desk) SetKeys(_ context.Context, _ casework.Actor, s settings.Source, keys map[string]string) error {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if d.keys[s.ID] == nil {
		d.keys[s.ID] = map[string]string{}
	}
	maps.Copy(d.keys[s.ID], keys)
	maps.DeleteFunc(d.keys[s.ID], func(_, v string) bool { return v == "" })
	return nil
}

func (d *desk) KeyNames(id string) []string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return slices.Sorted(maps.Keys(d.keys[id]))
}

func (d *desk) Key(_ context.Context, s settings.Source, name string) (string, error) {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	return d.keys[s.ID][name], nil
}

func (d *desk) KeepKey(ctx context.Context, s settings.Source, name, value string) error {
	return d.SetKeys(ctx, casework.Actor{}, s, map[string]string{name: value})
}

func (d *desk) Try(ctx context.Context, s settings.Source, keys sources.KeyBook, n int) ([]sources.Mention, error) {
	terms, err := sources.CompileTerms(d.w.folder.Terms, d.w.folder.Council)
	if err != nil {
		return nil, err
	}
	return d.Registry().Try(ctx, s, sources.Deps{Terms: func() *sources.Terms { return terms },
		Secret:     func(ctx context.Context, _, name string) (string, error) { return keys.Get(ctx, name) },
		SaveSecret: func(ctx context.Context, _, name, value string) error { return keys.Set(ctx, name, value) }}, n)
}

// formOn is what a browser would send of the form of a source: every field that has a value.
func formOn(t *testing.T, res *answer) url.Values {
	t.Helper()
	form := url.Values{}
	res.doc().Find("form[data-try] input, form[data-try] select").Each(func(_ int, e *goquery.Selection) {
		name, _ := e.Attr("name")
		kind, _ := e.Attr("type")
		value, _ := e.Attr("value")
		_, checked := e.Attr("checked")
		if goquery.NodeName(e) == "select" {
			value, _ = e.Find("option[selected]").Attr("value")
		}
		if kind != "checkbox" || checked {
			form.Set(name, value)
		}
	})
	if len(form) == 0 {
		t.Fatalf("no form of a source on this page: %s", res.text())
	}
	return form
}

func send(b *browser, path, do string, form url.Values, set ...string) *answer {
	form = maps.Clone(form)
	for i := 0; i < len(set); i += 2 {
		form[set[i]] = []string{set[i+1]}
	}
	form.Set("do", do)
	return b.submit(path, form)
}

func TestAnAdministratorAddsTestsAndRemovesASource(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Admin)
	const path = "/platforms/megaphone"
	form := formOn(t, b.get(path))

	res := send(b, path, "save", form, "name", "", "every", "often")
	if res.status != http.StatusUnprocessableEntity || res.doc().Find("#problem a").Length() != 4 || !strings.HasPrefix(res.doc().Find("title").Text(), "Error:") {
		t.Errorf("a form with four mistakes = %d %s", res.status, res.find("#problem"))
	}
	for _, field := range []string{"name", "option-square", "key-token", "every"} {
		if e := res.doc().Find("#" + field + "[aria-invalid=true]"); e.Length() != 1 || res.doc().Find(`#problem a[href="#`+field+`"]`).Length() != 1 {
			t.Errorf("the mistake in %s is not shown beside it and in the summary", field)
		}
	}
	if res := send(b, path, "save", form, "option-square", "Moon Square", "key-token", megaphoneToken); !strings.Contains(res.find("#option-square-error"), "a place on earth") {
		t.Errorf("what the connector says is not beside its option: %s", res.text())
	}
	if res := send(b, path, "test", form, "option-square", "Market Square", "key-token", "wrong"); !strings.Contains(res.find("#result"), "does not accept the token (401)") {
		t.Errorf("a wrong key = %s", res.find("#result"))
	}
	if res := send(b, path, "test", form, "option-square", "Market Square", "key-token", "hoarse"); !strings.HasSuffix(res.find("#result"), "a fault of its own (500).") {
		t.Errorf("a fault that passes, of a test that is not repeated = %s", res.find("#result"))
	}

	res = send(b, path, "test", form, "option-square", "Market Square", "key-token", megaphoneToken)
	if n := res.doc().Find("#result li").Length(); res.status != http.StatusOK || n != 3 {
		t.Fatalf("a test = %d with %d mentions: %s", res.status, n, res.text())
	}
	if said := res.find("#result"); !strings.Contains(said, "Matches") || !strings.Contains(said, "would be left out") {
		t.Errorf("the test says %s", said)
	}
	if strings.Contains(string(res.body), megaphoneToken) || res.doc().Find("#result a[href^=javascript], #result script").Length() > 0 {
		t.Error("the test shows the key again, or a link that is none")
	}
	if len(w.desk.keys) > 0 || len(w.desk.whys) > 0 {
		t.Errorf("a test stored %v %v", w.desk.keys, w.desk.whys)
	}

	tested := formOn(t, res)
	if mallory := w.as(t, casework.Comms); mallory.submit(path, maps.Clone(tested)).status != http.StatusForbidden {
		t.Error("comms may add a source")
	}
	res = send(b, path, "save", tested)
	if res.status != http.StatusSeeOther || res.header.Get("Location") != "/sources/megaphone?done=source-saved" {
		t.Fatalf("save = %d %s %s", res.status, res.header.Get("Location"), res.text())
	}
	if got := w.desk.keys["megaphone"]["token"]; got != megaphoneToken+"+" {
		t.Errorf("the key that was saved is %q, want the one that the platform renewed during the test", got)
	}
	if res := send(b, path, "save", tested); res.status != http.StatusUnprocessableEntity {
		t.Errorf("the keys of a test were taken twice: %d", res.status)
	}

	page := b.get("/sources/megaphone")
	if !strings.Contains(page.text(), "A key is set") || strings.Contains(string(page.body), megaphoneToken) || !strings.HasSuffix(page.find("code.ear-secret"), "/hooks/megaphone") {
		t.Errorf("the source's page says %s", page.text())
	}
	change := formOn(t, page)
	if res := send(b, "/sources/megaphone", "test", change); res.doc().Find("#result li").Length() != 3 || w.desk.keys["megaphone"]["token"] != megaphoneToken+"++" {
		t.Errorf("a test with the stored key = %s; the stored key is now %q, want the renewed one", res.find("#result"), w.desk.keys["megaphone"]["token"])
	}
	if res := send(b, "/sources/megaphone", "save", change, "name", "refused"); !strings.Contains(res.find("#problem"), "It is refused.") {
		t.Errorf("a fault of the settings is told as %s", res.text())
	}
	res = send(b, "/sources/megaphone", "save", change, "option-mode", "by_night", "every", "2h", "all", "yes", "allow_net", "10.0.0.0/8, localhost")
	got := w.source("megaphone")
	if res.status != http.StatusSeeOther || got.Options["mode"] != "by_night" || got.Every.String() != "2h0m0s" || !got.AllTerms || len(got.AllowNet) != 2 {
		t.Errorf("change = %d, now %+v", res.status, got)
	}
	if res := send(b, "/sources/megaphone", "save", change); !strings.Contains(res.find("#problem"), "Somebody has changed this source") {
		t.Errorf("a change on an older state = %d %s", res.status, res.text())
	}
	if res := send(b, "/sources/megaphone", "save", formOn(t, b.get("/sources/megaphone")), "remove-token", "yes"); !strings.Contains(res.find("#problem"), "Enter the key “Token”.") {
		t.Errorf("a needed key was removed: %d %s", res.status, res.text())
	}

	b.submit("/sources/megaphone/pause", url.Values{"paused": {"yes"}})
	if !w.source("megaphone").Paused {
		t.Error("it is not paused")
	}
	b.submit("/sources/megaphone/pause", url.Values{})
	if w.source("megaphone").Paused {
		t.Error("it does not go on")
	}
	if !strings.Contains(b.get("/sources/megaphone/remove").text(), "The mentions it has brought") {
		t.Error("removing asks for nothing")
	}
	if res := b.submit("/sources/megaphone/remove", url.Values{}); res.status != http.StatusSeeOther || w.source("megaphone").ID != "" || len(w.desk.keys) > 0 {
		t.Errorf("remove = %d, keys %v", res.status, w.desk.keys)
	}
	want := []string{"added the source megaphone", "changed the source megaphone", "paused the source megaphone", "let the source megaphone go on", "removed megaphone"}
	for i := range min(len(want), len(w.desk.whys)) {
		if !strings.HasSuffix(w.desk.whys[i], " "+want[i]) {
			t.Errorf("the log of changes says %q, want %q", w.desk.whys[i], want[i])
		}
	}
	if len(w.desk.whys) != len(want) {
		t.Errorf("%d changes are logged: %v", len(w.desk.whys), w.desk.whys)
	}
}

// Keys outlive a source that goes by an import of settings; a new one of its ID must not send them to its own platform.
func TestANewSourceTakesNoKeysOver(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Admin)
	w.desk.keys = map[string]map[string]string{"megaphone": {"token": "another platform's", "refresh_token": "another platform's"}}
	res := send(b, "/platforms/megaphone", "save", formOn(t, b.get("/platforms/megaphone")), "option-square", "Market Square", "key-token", megaphoneToken)
	if got := w.desk.keys["megaphone"]; res.status != http.StatusSeeOther || len(got) != 1 || got["token"] != megaphoneToken {
		t.Errorf("saved with %d, its keys are %v", res.status, slices.Collect(maps.Keys(got)))
	}
}

// A key is typed again when the address leads elsewhere: whoever may change an address would read it otherwise.
func TestAKeyGoesToNoOtherServer(t *testing.T) {
	w := newWorld(t)
	b := w.as(t, casework.Admin)
	const path, again = "/sources/megaphone", "Enter “Token” again: the address leads to another server now"
	send(b, "/platforms/megaphone", "save", formOn(t, b.get("/platforms/megaphone")), "option-square", "Market Square", "key-token", megaphoneToken)
	form := formOn(t, b.get(path))
	for _, do := range []string{"test", "save"} {
		res := send(b, path, do, form, "option-square", "Thief Square")
		if !strings.Contains(res.find("#problem"), again) || !strings.Contains(res.find("#key-token-error"), again) || w.source("megaphone").Options["square"] != "Market Square" {
			t.Errorf("%s with the stored key and another address = %d %s", do, res.status, res.find("#problem"))
		}
	}
	if w.desk.keys["megaphone"]["token"] != megaphoneToken {
		t.Error("the stored key was used, and so renewed")
	}
	tested := formOn(t, send(b, path, "test", form, "option-square", "Thief Square", "key-token", megaphoneToken))
	if res := send(b, path, "save", tested, "option-square", "Third Square"); !strings.Contains(res.find("#problem"), again) {
		t.Errorf("a key typed for the test of one address was taken for another: %d %s", res.status, res.text())
	}
	tested = formOn(t, send(b, path, "test", form, "option-square", "Thief Square", "key-token", megaphoneToken))
	if res := send(b, path, "save", tested); res.status != http.StatusSeeOther || w.source("megaphone").Options["square"] != "Thief Square" {
		t.Errorf("with the key typed again = %d %s", res.status, res.text())
	}
	if res := send(b, path, "save", formOn(t, b.get(path)), "option-square", " thief square", "name", "Megaphone 2"); res.status != http.StatusSeeOther {
		t.Errorf("the same address, written otherwise = %d %s", res.status, res.find("#problem"))
	}
}

func (w *world) source(id string) settings.Source {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.folder.Sources {
		if s.ID == id {
			return s
		}
	}
	return settings.Source{}
}

func TestOthersSeeHealthAndAboutButNoForm(t *testing.T) {
	w := newWorld(t)
	seed(w)
	b := w.as(t, casework.Comms)
	for _, path := range []string{"/sources", "/platforms", "/platforms/megaphone", "/sources/town-blog"} {
		res := b.get(path)
		if res.status != http.StatusOK || res.doc().Find("main form").Length() > 0 {
			t.Errorf("GET %s = %d with %d forms", path, res.status, res.doc().Find("main form").Length())
		}
	}
	if about := b.get("/platforms/megaphone").find("aside"); !strings.Contains(about, "A penny a shout.") || !strings.Contains(about, "A fortnight.") {
		t.Errorf("about says %s", about)
	}
	if keep := b.get("/platforms/megaphone").find("#keep"); !strings.HasPrefix(keep, "Text from here is kept for at most 3 days, by the platform’s terms.") {
		t.Errorf("about says of keeping: %q", keep)
	}
	if n := b.get("/sources/town-blog").doc().Find("#keep").Length(); n != 0 {
		t.Error("a feed has no limit by its platform's terms, and its page shows one")
	}
	if b.get("/platforms/nothing").status != http.StatusNotFound || b.get("/sources/nothing").status != http.StatusNotFound {
		t.Error("a kind or source that is not there has a page")
	}
}

func TestEveryClosedPlatformHasALawfulWay(t *testing.T) {
	page := newWorld(t).as(t, casework.Comms).get("/platforms")
	list := page.doc().Find("section[aria-labelledby=closed] li.ear-source")
	for _, name := range []string{"Facebook Groups", "WhatsApp Channels", "Snapchat", "Nextdoor", "Quora", "WeChat Moments", "Instagram Stories", "TikTok search", "LinkedIn search",
		"Private messages"} {
		one := list.FilterFunction(func(_ int, e *goquery.Selection) bool { return strings.HasPrefix(e.Find("h3").Text(), name) })
		if one.Length() != 1 || len(one.Find("p").Text()) < 40 || !strings.Contains(one.Text(), "Use instead: ") && name != "Private messages" {
			t.Errorf("%s: %d entries, or no reason or way: %s", name, one.Length(), one.Text())
		}
	}
}

// A source that a newer program's settings hold is shown and left alone.
func TestASourceOfAnUnknownKindIsShownOnly(t *testing.T) {
	w := newWorld(t)
	w.folder.Sources = append(w.folder.Sources, settings.Source{ID: "later", Kind: "telepathy"})
	b := w.as(t, casework.Admin)
	if res := b.get("/sources/later"); res.status != http.StatusOK || !strings.Contains(res.text(), "no source of the kind telepathy") || res.doc().Find("form[data-try]").Length() > 0 {
		t.Errorf("its page = %d %s", res.status, res.text())
	}
	if res := b.submit("/sources/later", url.Values{"do": {"save"}, "name": {"x"}}); res.status != http.StatusNotFound || w.source("later").Name != "" {
		t.Errorf("saving it = %d", res.status)
	}
}

func TestNoticesStandOnTodayAndOnSourcesForThoseWhoMendThem(t *testing.T) {
	w := newWorld(t)
	seed(w)
	for _, role := range []casework.Role{casework.Comms, casework.Admin} {
		b := w.as(t, role)
		for _, path := range []string{"/", "/sources"} {
			if said := b.get(path).text(); !strings.Contains(said, "Marrowby Mercury answers in a form that is not understood.") || !strings.Contains(said, "Ask the IT service") ||
				!strings.Contains(said, "Town <b>Blog</b> has been silent for longer than usual. It has been well again") {
				t.Errorf("%s for %s says no more than %s", path, role, said)
			}
		}
	}
	if said := w.as(t, casework.HR).get("/").text(); strings.Contains(said, "Mercury") {
		t.Error("HR is told of sources")
	}
}
