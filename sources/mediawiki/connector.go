package mediawiki

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the changes of one wiki.
var Connector = sources.Connector{
	Name: "mediawiki", Title: "Wiki (MediaWiki)", New: New, Every: every, Cost: 1,
	Recheck: 7 * 24 * time.Hour, Batch: batch,
	About: sources.About{
		Reads:    "What each change added to a page: of a local wiki all recent changes, of a large one such as Wikipedia the pages that the council's account watches.",
		Access:   "No key for recent changes. For a watchlist: an account on the wiki, and its watchlist token (Preferences, Watchlist, Manage tokens).",
		Price:    "Nothing.",
		Approval: "Nobody is asked.",
		Cannot:   "Wikis that only members may read. Discussions outside the wiki's pages.",
	},
	Options: []sources.Field{
		{Name: "api", Server: true, Label: "Address of the API", Hint: "It ends in api.php; the page Special:Version of the wiki shows it.", Example: "https://wiki.example.org/w/api.php", Needed: true},
		{Name: "what", Label: "What to read", Hint: "Pages that somebody watches need an account and its key.", Values: []string{whatChanges, whatWatched}},
		{Name: "account", Label: "Account", Hint: "The council's account on the wiki: its watchlist is read, and its own edits are left out.", Example: "ExamplefordDC"},
	},
	Keys: []sources.Field{{Name: keyToken, Label: "Watchlist token", Hint: "Needed for a watchlist. It lets its holder read the watchlist, and nothing else."}},
}

const (
	whatChanges = "recent changes"
	whatWatched = "watchlist"
	keyToken    = "watchlist_token"

	every    = 10 * time.Minute
	pageSize = 25 // the texts before and after of each are asked for at once
	batch    = 50 // revisions in one question
	platform = "mediawiki"
)

type reader struct {
	source  string
	deps    sources.Deps
	api     *url.URL
	prefix  string // of every ID: "mediawiki:wiki.example.org/w/"
	watched bool
	account string
	call    *sources.Caller
	sources.Poller
}

// New makes the reader of a wiki.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a wiki")
	u := o.Site("api", "the address of its API, such as https://wiki.example.org/w/api.php")
	if !strings.HasSuffix(u.Path, "/api.php") {
		o.Fault("api is an address that ends in /api.php, such as https://wiki.example.org/w/api.php")
	}
	u.RawQuery, u.Fragment = "", ""
	x := &reader{source: s.ID, deps: d, api: u, prefix: platform + ":" + u.Host + strings.TrimSuffix(u.Path, "api.php"), account: o.Text("account")}
	if x.watched = o.Text("what") == whatWatched; x.watched && x.account == "" {
		o.Fault("to read a watchlist, a wiki needs the option account, whose watchlist it is")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "The wiki " + u.Host, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Own: sources.Accounts{x.account}, Now: d.Now}
	return x, o.Err()
}

func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	list, short := "recentchanges", "rc"
	if x.watched {
		list, short = "watchlist", "wl"
	}
	q := url.Values{"list": {list}, short + "type": {"edit|new"}, short + "show": {"!bot"}, short + "dir": {"older"}, short + "limit": {strconv.Itoa(pageSize)},
		short + "prop": {"ids|title|user|comment|timestamp|flags"}, short + "end": {r.Since.UTC().Format(time.RFC3339)}, "maxlag": {"5"}}
	if r.Token != "" {
		q.Set(short+"continue", r.Token)
	}
	if x.watched {
		token, err := x.deps.Key(ctx, x.source, keyToken)
		if err != nil {
			return sources.Page{}, err
		}
		q.Set("wlowner", x.account)
		q.Set("wltoken", token)
		q.Set("wlallrev", "1")
	}
	var out answer
	if err := x.get(ctx, q, &out); err != nil {
		return sources.Page{}, err
	}
	changes := append(out.Query.Changes, out.Query.Watched...)
	texts, err := x.texts(ctx, changes)
	if err != nil {
		return sources.Page{}, err
	}
	return sources.Page{Next: out.Continue[short+"continue"], Items: sources.Items(changes, func(c *change) (m sources.Mention) {
		now, ok := texts[c.Revision]
		before, known := texts[c.Before]
		if c.Before != 0 && !known { // then nobody can tell what was added
			now = ""
		}
		return sources.Some(x.mention(c, before, now), ok)
	})}, nil
}

// texts asks for what the pages said before and after the changes. A revision that is deleted or hidden is not in the answer.
func (x *reader) texts(ctx context.Context, changes []change) (map[int64]string, error) {
	var ids []string
	for i := range changes {
		ids = append(ids, strconv.FormatInt(changes[i].Revision, 10))
		if b := changes[i].Before; b != 0 {
			ids = append(ids, strconv.FormatInt(b, 10))
		}
	}
	texts := map[int64]string{}
	if len(ids) == 0 {
		return texts, nil
	}
	q := url.Values{"prop": {"revisions"}, "revids": {strings.Join(ids, "|")}, "rvprop": {"ids|content"}, "rvslots": {"main"}}
	for {
		var out answer
		if err := x.get(ctx, q, &out); err != nil {
			return nil, err
		}
		for _, v := range out.revisions() {
			if !v.hidden() {
				texts[v.Revision] = v.Slots.Main.Content
			}
		}
		if len(out.Continue) == 0 { // large pages come in several answers
			return texts, nil
		}
		for k, v := range out.Continue {
			if q.Get(k) == v {
				return texts, nil
			}
			q.Set(k, v)
		}
	}
}

func (x *reader) get(ctx context.Context, q url.Values, out *answer) error {
	q.Set("action", "query")
	q.Set("format", "json")
	q.Set("formatversion", "2")
	u := *x.api
	u.RawQuery = q.Encode()
	r, err := x.call.GetJSON(ctx, u.String(), out)
	if err != nil {
		return err
	}
	return x.judge(r, out.Error.Code)
}

// judge makes an error of what MediaWiki says in a 200.
func (x *reader) judge(r sources.Response, code string) error {
	name := x.call.Name
	switch code {
	case "":
		return nil
	case "maxlag", "ratelimited":
		until := cmp.Or(sources.RetryAfter(http.StatusTooManyRequests, r.Header, x.Time()), x.Time().Add(time.Minute))
		return sources.Waitf(until, "%s is busy (%s) and asks for patience.", name, code)
	case "bad_wltoken":
		return sources.Stopf("%s does not accept the watchlist token. Make a new one in the account's preferences there, and enter it on the sources page.", name)
	case "readapidenied", "permissiondenied":
		return sources.Stopf("%s shows its pages to members only. It cannot be read this way.", name)
	}
	if strings.HasPrefix(code, "internal_api_error") || code == "readonly" {
		return &sources.Fault{Sentence: name + " has a fault of its own. It is tried again."}
	}
	return sources.Stopf("%s refuses the question (%s). Check the source's settings.", name, code)
}

// Recheck asks for up to fifty revisions by their numbers.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	ids := sources.NativeIDs(held, x.prefix+"rev/") // none of a wiki that the source read before
	if len(ids) == 0 {
		return nil, nil
	}
	var out answer
	q := url.Values{"prop": {"revisions"}, "revids": {strings.Join(ids, "|")}, "rvprop": {"ids|sha1|user|comment"}}
	if err := x.get(ctx, q, &out); err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for number := range out.Query.Missing {
		gone[x.prefix+"rev/"+number] = true
	}
	for _, v := range out.revisions() {
		if v.hidden() {
			gone[x.id(v.Revision)] = true
		}
	}
	var deleted []sources.Mention
	for i := range held {
		if gone[held[i].ID] {
			deleted = append(deleted, sources.Gone(&held[i], x.Time()))
		}
	}
	return deleted, nil
}

// Thread reads the last revisions of the page.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	page, ok := strings.CutPrefix(m.ThreadID, x.prefix+"page/")
	if !ok {
		return nil, nil
	}
	var out answer
	q := url.Values{"prop": {"revisions"}, "pageids": {page}, "rvlimit": {"21"}, "rvprop": {"ids|content|user|comment|timestamp"}, "rvslots": {"main"}}
	if err := x.get(ctx, q, &out); err != nil {
		return nil, err
	}
	var around []sources.Mention
	all := out.revisions()
	for i, v := range all { // newest first; what the oldest added is known only if the page began with it
		before := ""
		if i+1 < len(all) && !all[i+1].hidden() {
			before = all[i+1].Slots.Main.Content
		} else if v.Parent != 0 {
			continue
		}
		if !v.hidden() {
			around = append(around, x.mention(&v.change, before, v.Slots.Main.Content))
		}
	}
	return sources.Besides(m.ID, around), nil
}
