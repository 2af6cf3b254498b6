package flickr

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is a search of Flickr's public photos.
var Connector = sources.Connector{
	Name: "flickr", Title: "Flickr", New: New, Every: every, PerDay: perDay,
	Recheck: 24 * time.Hour, Batch: 10,
	About: sources.About{
		Reads:    "Public photos and videos whose title, description or tags hold the words, and the comments under those that became cases.",
		Access:   "A key: apply at flickr.com/services/apps/create for a non-commercial one, with an account of the council, and say what it is for.",
		Price:    "Nothing; some accounts must be Pro to get a key.",
		Approval: "Usually given at once.",
		Cannot:   "Comments under photos that do not hold the words themselves, and photos that are not public.",
	},
	Options: []sources.Field{
		{Name: "query", Label: "Search for", Hint: "Words that title, description or tags hold; a phrase stands in quotation marks.", Example: `"Exampleford"`, Needed: true},
		{Name: "own", Label: "Own account", Hint: "The council's account number (NSID), whose photos are left out.", Example: "190000009@N01"},
	},
	Keys: []sources.Field{{Name: keyAPI, Label: "Key", Hint: "Shown after the application was made. The secret is not needed.", Needed: true}},
}

const (
	every    = 15 * time.Minute
	perDay   = 3600 * 24
	pageSize = 250
	api      = "https://api.flickr.com/services/rest/"
	platform = "flickr"
	keyAPI   = "api_key"
)

type reader struct {
	query string
	call  *sources.Caller
	sources.Poller
}

// New makes the reader of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := sources.OptionsOf(s, "a Flickr source")
	x := &reader{query: o.Need("query", "the words to search for")}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Flickr", Now: d.Now, Auth: d.InQuery(s.ID, keyAPI, "api_key")}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: 10 * time.Minute, PerDay: perDay, Own: sources.AccountsOption(o.Text("own")), Now: d.Now}
	return x, o.Err()
}

// fetch reads one page; its token is the second of upload at which the page begins.
func (x *reader) fetch(ctx context.Context, r sources.PageRequest) (sources.Page, error) {
	q := url.Values{"text": {x.query}, "sort": {"date-posted-desc"}, "media": {"all"}, "safe_search": {"1"}, "per_page": {strconv.Itoa(pageSize)}, "page": {"1"},
		"min_upload_date": {strconv.FormatInt(r.Since.Unix(), 10)}, "extras": {"description,date_upload,owner_name,tags,views,media,path_alias,url_l"}}
	if r.Token != "" {
		q.Set("max_upload_date", r.Token)
	}
	out, err := x.ask(ctx, "photos.search", q)
	if err != nil {
		return sources.Page{}, err
	}
	list := out.Photos.Photo
	p := sources.Page{Items: sources.Items(list, (*photo).mention)}
	if len(list) == pageSize {
		p.Next = strconv.FormatInt(int64(list[pageSize-1].Uploaded), 10)
	}
	return p, nil
}

// ask calls a method, and makes an error of a failure that comes in a 200.
func (x *reader) ask(ctx context.Context, method string, q url.Values) (say answer, err error) {
	q.Set("method", "flickr."+method)
	q.Set("format", "json")
	q.Set("nojsoncallback", "1")
	if _, err := x.call.GetJSON(ctx, api+"?"+q.Encode(), &say); err != nil {
		return say, err
	}
	switch {
	case say.Stat == "ok":
		return say, nil
	case say.Stat != "fail", say.Code == 105, say.Code == 106:
		return say, &sources.Fault{Sentence: "Flickr has a fault of its own (" + strconv.Itoa(int(say.Code)) + "). It is tried again."}
	case say.Code == 100:
		return say, sources.Stopf("Flickr does not accept the key (100). Enter a new one on the sources page.")
	case say.Code == 1, say.Code == 2: // not there, or not public; a search that is too wide has the same number
		return say, sources.Missing(sources.Stopf("Flickr refuses the search as too wide, or knows nothing of this photo (%d). Check the words.", say.Code))
	}
	return say, sources.Stopf("Flickr refuses the question (%d). Check the source's settings.", say.Code)
}

// Recheck asks for each photo.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	return sources.RecheckEach(ctx, held, x.Time(), func(ctx context.Context, h *sources.Mention) (sources.Mention, error) {
		got, err := x.ask(ctx, "photos.getInfo", url.Values{"photo_id": {h.Native()}})
		return got.Photo.mention(h), err
	})
}

// Thread reads the comments under a photo.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	photo := cmp.Or(m.ThreadID, m.ID)
	got, err := x.ask(ctx, "photos.comments.getList", url.Values{"photo_id": {sources.NativeID(photo)}})
	comments := sources.Mentions(got.Comments.Comment, func(c *comment) sources.Mention { return c.mention(photo) })
	return sources.Besides(m.ID, comments), sources.UnlessGone(err)
}
