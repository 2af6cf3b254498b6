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
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/escalate"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what the pages stand on. Fields marked "needed" have no default; Validate names every one that is missing.
type Config struct {
	Search index.Searcher // needed
	Record index.Reader   // needed

	Acts      Acts      // needed
	HandIn    HandIn    // needed
	Incidents Incidents // nil: the pages say that incidents are not kept here
	Acks      Acks      // nil: every acknowledge link is refused
	Reports   Reports   // nil: the report page says that reports cannot be taken
	Audit     Audit     // nil: /audit points to the history of each case
	Learning  Learning  // nil: /numbers says nothing of how good the tags are
	Table     Table     // needed; holds accounts, sessions and tokens
	Stream    *Hub      // nil: a hub that nobody publishes to

	Health   func() []sources.Health                                                             // nil: no sources
	Notices  func() []escalate.Notice                                                            // raised, about sources, gravest first; nil: none
	Sources  Sources                                                                             // nil: the sources page shows health alone
	Settings func() Settings                                                                     // nil: zero Settings
	Import   func(ctx context.Context, by casework.Actor, name string, content []byte) error     // stores one settings file, settings.Fault for each mistake; nil: read-only
	Verdicts func(ctx context.Context, v casework.Viewer, id string) ([]classify.Verdict, error) // every verdict on a mention; nil: the newest alone
	Draft    func(ctx context.Context, v casework.Viewer, r index.Record) (Draft, error)         // nil: no drafts
	Status   func() []StatusLine                                                                 // what /sources shows of the program itself; nil: nothing
	Hooks    http.Handler                                                                        // serves /hooks/{source}; nil: 404
	Metrics  http.Handler                                                                        // serves /metrics; nil: 404

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

// Incidents is escalate.Ledger as the pages use it.
type Incidents interface {
	// List returns the incidents v may see, newest first.
	List(v casework.Viewer, f escalate.Filter) []escalate.Incident
	// Get returns one incident; escalate.ErrNoIncident for one that is not there or that v may not see.
	Get(v casework.Viewer, id string) (escalate.Incident, error)
	// Of returns the incidents that v may see and that hold the mention, oldest first.
	Of(v casework.Viewer, mention string) []escalate.Incident
	// Act makes the events of one act on an incident, one for each of its mentions.
	Act(v casework.Viewer, id string, like casework.Event) ([]casework.Event, error)
}

// ErrBadLink is wrapped by Reports for a link that is forged, damaged or too old.
var ErrBadLink = errors.New("web: link is not valid")

// Acks is escalate.Signer as the pages use it. Verify changes nothing. Errors: escalate.ErrAckForged, escalate.ErrAckExpired.
type Acks interface {
	Verify(token string, now time.Time) (escalate.Ack, error)
}

// Audit lists acts, newest first.
type Audit interface {
	// Acts returns up to limit acts that v may see, and the cursor to go on from; empty after the last. The empty cursor is the newest.
	Acts(ctx context.Context, v casework.Viewer, cursor string, limit int) (acts []casework.Event, next string, err error)
}

// Learning is what people's decisions about tags have shown. Safe for concurrent use.
type Learning interface {
	// Draws returns the weekly samples, newest first.
	Draws() []quality.Draw
	// Decisions returns what people said beside what the classifier had said, oldest first, what Acts appended included.
	Decisions() []quality.Decision
	// Switch puts a version of the classifier in force, the empty name the classifier as it came with the program. It returns once
	// Settings shows it; settings.ErrNoVersion for a name that is none.
	Switch(ctx context.Context, by casework.Actor, version string) error
	// Fits reports whether a version corrects the model of this program; any other does nothing.
	Fits(v *settings.ClassifierVersion) bool
}

// Sources lets an administrator change what is listened to. Safe for concurrent use.
type Sources interface {
	// Registry returns the kinds of source there are.
	Registry() sources.Registry
	// Put stores one source in the settings, in the place of the one of its ID or as a new one; it returns once Settings shows it, with a
	// settings.Fault for each mistake. Remove takes it and its keys away.
	Put(ctx context.Context, by casework.Actor, why string, s settings.Source) error
	Remove(ctx context.Context, by casework.Actor, id string) error
	// SetKeys stores keys for the server of s, and removes those that are empty; the source starts anew. KeyNames lists those that are set.
	SetKeys(ctx context.Context, by casework.Actor, s settings.Source, keys map[string]string) error
	KeyNames(id string) []string
	// Key returns a key for a try, unless it was stored for another server than that of s, and KeepKey keeps what the platform made of it; no page
	// shows either.
	Key(ctx context.Context, s settings.Source, name string) (string, error)
	KeepKey(ctx context.Context, s settings.Source, name, value string) error
	// Try asks the platform of s once with keys and returns up to n mentions; sources.Sentence says what its error means. Nothing is stored.
	Try(ctx context.Context, s settings.Source, keys sources.KeyBook, n int) ([]sources.Mention, error)
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
