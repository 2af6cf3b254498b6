package youtube

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is YouTube by its Data API.
var Connector = sources.Connector{
	Name: "youtube", Title: "YouTube", New: New, Push: NewReceiver, Every: every, PerDay: perDay, Cost: 3,
	Recheck: 7 * 24 * time.Hour, Batch: batch,
	About: sources.About{
		Reads:    "Comments under your own channel's videos, videos found by words with their comments, and new videos of channels you follow with their comments.",
		Access:   "An API key: in the Google Cloud console make a project, switch on YouTube Data API v3, and create a key under APIs & Services, Credentials.",
		Price:    "Nothing. 100 searches and 10,000 other requests a day; more needs Google's audit.",
		Approval: "None for these numbers; the key works at once.",
		Cannot:   "Comments held for review, live chat, community posts and members-only videos. Use a staff report with a screenshot for these.",
	},
	Options: []sources.Field{
		{Name: "query", Label: "Find videos by words", Hint: "Words in quotation marks belong together, | means or, - means without. Sources with one key share 100 searches a day.",
			Example: `"Exampleford council" | "Exampleford roadworks"`},
		{Name: "channel", Label: "Your own channels", Hint: "Their ids, parted by commas (Studio, Settings, Channel, Advanced). Every comment there is a mention.", Example: "UCexample00000000000000"},
		{Name: "follow", Label: "Channels to follow", Hint: "Ids of others' channels, such as the local paper's, parted by commas.", Example: "UCexample00000000000001"},
		{Name: "comments", Label: "Comments under others' videos", Hint: "named: those with a watch term; all: every one under a video with a watch term.", Values: []string{"named", "all"}},
		sources.CallbackField,
	},
	Keys: []sources.Field{{Name: "api_key", Label: "API key", Hint: "Restrict it to YouTube Data API v3.", Example: "AIza...", Needed: true}},
}

const (
	every       = 15 * time.Minute
	searchEvery = time.Hour
	perDay      = 10_000 // units, one for each request but a search
	overlap     = 48 * time.Hour
	watchFor    = 14 * 24 * time.Hour // how long a video's comments are read
	batch       = 50                  // ids in one question
	api         = "https://www.googleapis.com/youtube/v3/"
	hub         = "https://pubsubhubbub.appspot.com/subscribe"
	topics      = "https://www.youtube.com/xml/feeds/videos.xml?channel_id="
)

type reader struct {
	source      settings.Source
	deps        sources.Deps
	own, follow []string
	call        *sources.Caller
	hub         sources.WebSub

	searched time.Time
	watched  watched
	replies  map[string]int64 // of a thread, when they were last read
	todo     []ask            // of the running sweep
	noted    []func()         // to be remembered when it is over
	asked    int
	sources.Poller
}

var (
	_ sources.Rechecker = (*reader)(nil)
	_ sources.Threader  = (*reader)(nil)
)

// New makes the reader.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &reader{source: s, deps: d, own: list(s.Options["channel"]), follow: list(s.Options["follow"]), replies: map[string]int64{}}
	if strings.TrimSpace(s.Options["query"]) == "" && len(x.own)+len(x.follow) == 0 {
		return nil, errors.New("a YouTube source needs words to find videos by, a channel of your own, or one to follow")
	}
	for _, id := range append(list(s.Options["channel"]), x.follow...) {
		if !strings.HasPrefix(id, "UC") {
			return nil, errors.New("a channel of YouTube is named by its id, which begins with UC, not by its name or address")
		}
	}
	client := d.HTTP(s)
	x.hub = sources.WebSub{Source: s.ID, Deps: d, Client: client, Callback: s.Options["callback"]}
	x.call = &sources.Caller{Client: client, Name: "YouTube", Auth: x.sign, Refused: x.refused, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.fetch, Every: sources.Every(s, every), Overlap: overlap, PerDay: perDay, Now: d.Now}
	return x, nil
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

func (x *reader) sign(r *http.Request) error {
	key, err := x.deps.Key(r.Context(), x.source.ID, "api_key")
	q := r.URL.Query()
	q.Set("key", key)
	r.URL.RawQuery = q.Encode()
	return err
}

// errNone says that there is no such thing, or that nobody may comment on it.
var errNone = errors.New("youtube: nothing there")

// refused reads Google's reason, which tells more than the status.
func (x *reader) refused(r sources.Response, err error) error {
	var e struct {
		Error struct {
			Message string `json:"message"`
			Errors  []struct {
				Reason string `json:"reason"`
			} `json:"errors"`
		} `json:"error"`
	}
	if x.call.Decode(r, &e) != nil || len(e.Error.Errors) == 0 {
		return err
	}
	switch reason := e.Error.Errors[0].Reason; reason {
	case "quotaExceeded", "dailyLimitExceeded":
		until := midnight(x.Time())
		return sources.Waitf(until, "Today's requests to YouTube are used up, perhaps by another source with the same key. There are new ones at %s.", until.UTC().Format("15:04 MST"))
	case "rateLimitExceeded", "userRateLimitExceeded", "processingFailure":
		return &sources.Fault{Sentence: "YouTube asks for patience (" + reason + "). It is tried again."}
	case "commentsDisabled", "videoNotFound", "commentNotFound", "commentThreadNotFound", "playlistNotFound":
		return errNone
	case "channelNotFound":
		return sources.Stopf("YouTube knows no such channel. Correct its id, which begins with UC.")
	case "keyInvalid", "accessNotConfigured":
		return badKey()
	}
	if r.Status == http.StatusBadRequest && strings.Contains(e.Error.Message, "API key") {
		return badKey()
	}
	return err
}

func badKey() error {
	return sources.Stopf("YouTube does not accept the API key. Check in the Google Cloud console that YouTube Data API v3 is switched on for it, or enter a new one.")
}

// midnight is when the next day begins in California.
func midnight(now time.Time) time.Time {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		zone = time.FixedZone("PST", -8*60*60)
	}
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, zone)
}

// gone says whether err is errNone.
func gone(err error) bool { return errors.Is(err, errNone) }

// subscribe keeps the pushes of followed channels coming.
func (x *reader) subscribe(ctx context.Context) {
	for _, id := range x.follow {
		x.hub.Keep(ctx, hub, topics+id)
	}
}
