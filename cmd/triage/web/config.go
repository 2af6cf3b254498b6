package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"earshot/casework"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what the pages stand on. Fields marked "needed" have no default; Validate names every one that is missing.
type Config struct {
	Search     index.Searcher                          // needed
	Record     index.Reader                            // needed
	ParseQuery func(query string) (index.Query, error) // needed; errors are *index.QueryError
	Spans      func(q index.Query, text string) []Span // words of text that q asks for, to mark; nil: none are marked

	Acts      Acts      // needed
	HandIn    HandIn    // needed
	Incidents Incidents // nil: the pages say that incidents are not kept here
	Acks      Acks      // nil: every acknowledge link is refused
	Reports   Reports   // nil: the report page says that reports cannot be taken
	Table     Table     // needed; holds accounts, sessions and tokens
	Stream    *Hub      // nil: a hub that nobody publishes to

	Health   func() []sources.Health                                                         // nil: no sources
	Settings func() Settings                                                                 // nil: zero Settings
	Import   func(ctx context.Context, by casework.Actor, name string, content []byte) error // stores one settings file; nil: read-only
	Draft    func(ctx context.Context, v casework.Viewer, r index.Record) (Draft, error)     // nil: no drafts
	Status   func() []StatusLine                                                             // what /sources shows of the program itself; nil: nothing
	Hooks    http.Handler                                                                    // serves /hooks/{source}; nil: 404
	Metrics  http.Handler                                                                    // serves /metrics; nil: 404

	Ready      func(ctx context.Context) error // nil: always ready
	Now        func() time.Time                // nil: time.Now
	Log        *slog.Logger                    // nil: discarded
	Registerer prometheus.Registerer           // nil: no metrics
	PublicURL  string                          // where people reach the pages, such as https://earshot.example.gov.uk; empty: as each request says
	Proxies    []netip.Prefix                  // whose X-Forwarded-For is believed; nil: loopback
	SecretKey  []byte                          // needed, at least 32 bytes; signs form tokens
	Version    string
	Dev        string // a folder with templates/ and static/ read anew on each request; empty: the embedded ones
}

// Span is a piece of a text: bytes Start to End, End exclusive.
type Span struct{ Start, End int }

// Acts takes what people do.
type Acts interface {
	// Append returns once the log holds every event and the next read of Record, Search or Incidents on this node shows them.
	Append(ctx context.Context, events []casework.Event) error
}

// HandIn takes mentions from outside, whatever the watch terms say.
type HandIn interface {
	// PublishMentions returns once the log holds every mention. A *Busy, wrapped, asks the caller to come back later.
	PublishMentions(ctx context.Context, mentions []sources.Mention) error
}

// Busy says that nothing is wrong with the request but it should be sent again later. Full means that a queue of ours is full (429);
// otherwise something behind us is away (503).
type Busy struct {
	Full  bool
	After time.Duration // when to try again; zero: 5 s
	Why   string        // a sentence
}

func (b *Busy) Error() string { return "web: busy: " + b.Why }

// Incident is what the pages show of one incident.
type Incident struct {
	ID         string
	Title      string // a mail's subject without greeting; never abusive words nor a junior officer's name
	Audience   string // comms, hr, monitoring, on_call
	Wall       casework.Wall
	Route      string
	State      casework.State
	Owner      string
	Opened     time.Time
	Due        time.Time
	Updated    time.Time
	AckedAt    time.Time
	AckedBy    string
	Mentions   []string // IDs, newest first; at most 500
	Count      int      // of all mentions
	Deliveries []Delivery
}

// Delivery is one notification about an incident.
type Delivery struct {
	At        time.Time
	To        string
	MessageID string
	State     string // sent, waiting, failed
	Why       string
}

// Incidents reads incidents for a viewer.
type Incidents interface {
	// List returns up to limit incidents that v may see, open ones first, then newest first.
	List(ctx context.Context, v casework.Viewer, limit int) ([]Incident, error)
	// Get returns one incident; index.ErrNotFound, wrapped, for one that is not there or that v may not see.
	Get(ctx context.Context, v casework.Viewer, id string) (Incident, error)
}

// ErrBadLink is wrapped by Acks and Reports for a link that is forged, damaged or too old.
var ErrBadLink = errors.New("web: link is not valid")

// Ack is what an acknowledge link stands for.
type Ack struct {
	Incident string
	To       string // the address the link was mailed to
}

// Acks reads the links that mails carry.
type Acks interface {
	// Verify returns what token stands for; ErrBadLink, wrapped, when it is not one of ours or has expired. It changes nothing.
	Verify(token string) (Ack, error)
}

// Table is a small durable key-value store. Safe for concurrent use.
type Table interface {
	Get(key string) (value []byte, ok bool)
	All(prefix string) map[string][]byte
	// Put and Delete return once the change is durable and the next Get shows it.
	Put(ctx context.Context, key string, value []byte) error
	Delete(ctx context.Context, key string) error
}

// Settings is what the pages read of the council's settings.
type Settings struct {
	Folder   settings.Folder
	Zone     *time.Location         // nil: Europe/London
	Versions []index.SettingVersion // newest of each file; Value may be nil when it must not be shown
}

// Draft is the text an officer may copy.
type Draft struct {
	Text     string
	Template string
	Step     string   // the suggested next step, a sentence
	Blanks   []string // what must be filled in before it is copied
	Limit    int      // of the platform, in characters; 0: none
}

// StatusLine is one line about the program's own health.
type StatusLine struct {
	Name  string
	Value string
	Bad   bool
}

// Validate names every fault of c in one error.
func (c *Config) Validate() error {
	var errs []error
	need := func(ok bool, name string) {
		if !ok {
			errs = append(errs, fmt.Errorf("web: Config.%s is needed", name))
		}
	}
	need(c.Search != nil, "Search")
	need(c.Record != nil, "Record")
	need(c.ParseQuery != nil, "ParseQuery")
	need(c.Acts != nil, "Acts")
	need(c.HandIn != nil, "HandIn")
	need(c.Table != nil, "Table")
	need(len(c.SecretKey) >= 32, "SecretKey (at least 32 bytes)")
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			errs = append(errs, errors.New("web: the public URL must be http:// or https:// and a host, such as https://earshot.example.gov.uk"))
		}
	}
	return errors.Join(errs...)
}
