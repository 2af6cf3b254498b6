package sourcestest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"sync"
	"testing"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Shown is one thing that a peer's platform shows.
type Shown struct {
	N      int // 1, 2, ...: from it the platform's own id is made
	At     time.Time
	Text   string
	Edited time.Time // zero: never
	Gone   bool      // deleted or hidden: the platform shows what it shows then
}

// Content is what a peer's platform shows at this moment. Safe for concurrent use.
type Content struct {
	mu      sync.Mutex
	shown   []Shown // oldest first
	changes []Shown // what became of them, in the order of happening
}

// Fill makes a Content of n things, a minute apart, the last of them a minute ago.
func Fill(n int) *Content { return fill(n, time.Minute) }

func fill(n int, apart time.Duration) *Content {
	c := &Content{}
	first := time.Now().UTC().Truncate(time.Second).Add(-time.Minute - time.Duration(n-1)*apart)
	for i := range n {
		at := first.Add(time.Duration(i) * apart).Truncate(time.Second)
		c.shown = append(c.shown, Shown{N: i + 1, At: at, Text: "Exampleford Council left pothole " + number(i+1) + " on Mill Lane"})
	}
	c.changes = slices.Clone(c.shown)
	return c
}

// Newest returns up to limit things, newest first, after the skip newest.
func (c *Content) Newest(skip, limit int) []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	return backwards(c.shown[:len(c.shown)-min(skip, len(c.shown))], limit)
}

func backwards(shown []Shown, limit int) []Shown {
	out := slices.Clone(shown[max(0, len(shown)-limit):])
	slices.Reverse(out)
	return out
}

// Until returns up to limit things that are not later than at, newest first. They must be in order of time.
func (c *Content) Until(at time.Time, limit int) []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	return backwards(c.shown[:sort.Search(len(c.shown), func(i int) bool { return c.shown[i].At.After(at) })], limit)
}

// Oldest returns up to limit things, oldest first, whose N is over after.
func (c *Content) Oldest(after, limit int) []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := min(max(after, 0), len(c.shown)) // the first has number 1
	return slices.Clone(c.shown[i:min(i+limit, len(c.shown))])
}

// Events returns up to limit of what happened after the first after events, as a platform's stream tells it: each thing as it was
// published, and again whenever it was edited or deleted.
func (c *Content) Events(after, limit int) []Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	after = min(max(after, 0), len(c.changes))
	return slices.Clone(c.changes[after:min(after+limit, len(c.changes))])
}

// Happened says how many events there were.
func (c *Content) Happened() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.changes)
}

// Len says how many things there are.
func (c *Content) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.shown)
}

// One returns the thing with this number, and false when it never was.
func (c *Content) One(n int) (Shown, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < 1 || n > len(c.shown) {
		return Shown{}, false
	}
	return c.shown[n-1], true
}

// Add shows one more thing, of this time.
func (c *Content) Add(at time.Time, text string) Shown {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Shown{N: len(c.shown) + 1, At: at.UTC().Truncate(time.Second), Text: text}
	c.shown, c.changes = append(c.shown, s), append(c.changes, s)
	return s
}

// Change changes the thing with this number.
func (c *Content) Change(n int, do func(*Shown)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	do(&c.shown[n-1])
	c.changes = append(c.changes, c.shown[n-1])
}

// Peer says how to put one connector before a server that answers as its platform does. Every request of the connector, whatever its host,
// reaches the handler that Serve makes, which reads r.Host where it matters.
type Peer struct {
	Connector sources.Connector
	Options   map[string]string
	Keys      map[string]string // its keys; one at least is Secret, unless the platform wants none

	// Serve answers in the platform's exact shape over c: page by page, in its order, with its rate headers, and 401 or what it says
	// instead to a wrong key.
	Serve func(c *Content) http.Handler
	ID    func(n int) string // of the mention made of the thing with this number
	Page  int                // things in one answer
	Asks  []string           // paths where a POST is a read; the same as the connector's

	Throttled Fault                     // the platform's own "wait" until Until
	Until     time.Time                 // to the second
	Within    time.Duration             // how exactly the platform tells Until; zero: 2 s
	Bare      Fault                     // "wait" without saying until when; zero: a plain 429
	Dead      Fault                     // the key is no longer good; zero: a plain 401; a platform without keys has none
	WrongType string                    // JSON as the platform's, one member of another type
	Edits     bool                      // a poll shows that something in the overlap was edited
	NoMark    bool                      // the platform marks no edit: the same ID comes with another text, not with State Edited
	Backlog   int                       // things in the backlog test at most, where the platform shows no more; zero: as many as are asked for
	Check     func(*testing.T, Mention) // of the mention of thing 1, when all is well; nil: nothing more is asked

	now func() time.Time
}

// Mention is a sources.Mention.
type Mention = sources.Mention

// quick is the rhythm of polls in these tests.
const quick = settings.Duration(5 * time.Millisecond)

// deps are the connector's dependencies: keys, and a client.
func (x *Peer) deps(c *http.Client) sources.Deps {
	return sources.Deps{
		Now:    x.now,
		Client: func(settings.Source) *http.Client { return c },
		Secret: func(_ context.Context, _, name string) (string, error) { return x.Keys[name], nil },
	}
}

// Source makes the connector over p.
func (x *Peer) Source(t testing.TB, p *Platform) sources.Source {
	t.Helper()
	return x.source(t, p.Anywhere())
}

func (x *Peer) source(t testing.TB, c *http.Client) sources.Source {
	t.Helper()
	src, err := x.Connector.New(settings.Source{ID: "the-source", Kind: x.Connector.Name, Every: quick, Options: x.Options}, x.deps(c))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func (x *Peer) want(c *Content) []sources.Mention {
	var out []sources.Mention
	for _, s := range c.Oldest(0, c.Len()) {
		out = append(out, sources.Mention{ID: x.ID(s.N), Platform: platformOf(x.ID(s.N))})
	}
	return out
}

// anywhere sends every request to one server, as if all the world's names led there.
type anywhere struct {
	to   *url.URL
	next http.RoundTripper
}

func (a anywhere) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.Host = r.URL.Host
	out.URL.Scheme, out.URL.Host = a.to.Scheme, a.to.Host
	res, err := a.next.RoundTrip(out)
	if res != nil {
		res.Request = r
	}
	return res, err
}

// Anywhere returns a client whose every request reaches p, with the host it was meant for in r.Host.
func (p *Platform) Anywhere() *http.Client {
	to, err := url.Parse(p.URL)
	if err != nil {
		panic(err)
	}
	return &http.Client{Transport: anywhere{to, p.Client().Transport}, Timeout: patience}
}
