package flickr

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
	query, own string
	call       *sources.Caller
	sources.Poller
}

// New makes the reader of a search.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &reader{query: strings.TrimSpace(s.Options["query"]), own: strings.TrimSpace(s.Options["own"])}
	if x.query == "" {
		return nil, errors.New("a Flickr source needs the option query, the words to search for")
	}
	x.call = &sources.Caller{Client: d.HTTP(s), Name: "Flickr", Now: d.Now, Auth: func(r *http.Request) error {
		key, err := d.Key(r.Context(), s.ID, keyAPI)
		q := r.URL.Query()
		q.Set("api_key", key)
		r.URL.RawQuery = q.Encode()
		return err
	}}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: cmp.Or(time.Duration(s.Every), every), Overlap: 10 * time.Minute, PerDay: perDay, Now: d.Now}
	return x, nil
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
	p := sources.Page{Items: make([]sources.Item, 0, len(list))}
	for i := range list {
		if v := &list[i]; x.own == "" || v.Owner != x.own {
			p.Items = append(p.Items, sources.Item{Mention: v.mention()})
		}
	}
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
	case say.Code == 1 || say.Code == 2:
		return say, errGone
	}
	return say, sources.Stopf("Flickr refuses the question (%d). Check the source's settings.", say.Code)
}

// errGone is what Flickr says of a photo, or its owner, that is not there or not public. A search that is too wide has the same number.
var errGone = sources.Stopf("Flickr refuses the search as too wide, or knows nothing of this photo (1). Check the words.")

// Recheck asks for each photo.
func (x *reader) Recheck(ctx context.Context, held []sources.Mention) ([]sources.Mention, error) {
	var out []sources.Mention
	for i := range held {
		got, err := x.ask(ctx, "photos.getInfo", url.Values{"photo_id": {strings.TrimPrefix(held[i].ID, platform+":")}})
		switch {
		case errors.Is(err, errGone):
			out = append(out, sources.Gone(&held[i], x.Time()))
		case err != nil:
			return nil, err
		default:
			out = append(out, got.Photo.mention(&held[i]))
		}
	}
	return out, nil
}

// Thread reads the comments under a photo.
func (x *reader) Thread(ctx context.Context, m sources.Mention) ([]sources.Mention, error) {
	id := strings.TrimPrefix(cmp.Or(m.ThreadID, m.ID), platform+":")
	got, err := x.ask(ctx, "photos.comments.getList", url.Values{"photo_id": {id}})
	if errors.Is(err, errGone) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var out []sources.Mention
	for i := range got.Comments.Comment {
		if c := got.Comments.Comment[i].mention(platform + ":" + id); c.ID != m.ID {
			out = append(out, c)
		}
	}
	return out, nil
}
