package sources

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"earshot/settings"
)

// Connector is one sort of source: how to make it, and what an officer wants to know before switching it on. A connector's package has one,
// named Connector.
type Connector struct {
	Name  string // settings.Source.Kind: "youtube"
	Title string // "YouTube"
	New   Factory
	// Push makes the reader of what the platform sends to /hooks/{source}; nil: it sends nothing.
	Push func(s settings.Source, d Deps) (Receiver, error)

	About   About
	Options []Field
	Keys    []Field

	Every   time.Duration // between two questions when the settings say nothing; zero: a stream
	PerDay  int           // requests the platform allows in a day; zero: it states none
	Cost    int           // requests of one round that finds nothing new; zero: 1
	Recheck time.Duration // how often what was taken in is asked about again (the platform's terms); zero: never, or the stream tells
	Batch   int           // mentions in one Recheck; zero: 1
	// Keep is how long the platform's terms let the text of mentions be kept whose Platform is Name, where asking again does not satisfy them; zero: no
	// shorter than the council's own setting.
	Keep time.Duration
}

// About says in sentences what the sources page shows beside the form.
type About struct {
	Reads    string // what it may read
	Access   string // what key is needed and where to get it
	Price    string // what it costs
	Approval string // how long it takes until the platform lets one in
	Cannot   string // what cannot be read this way, and the way to use instead
}

// Field is one option or key on the form of a source.
type Field struct {
	Name    string // in settings.Source.Options, or the name of the key
	Label   string
	Hint    string // one sentence: what it is and where to find it
	Example string
	Needed  bool
	// Whose says that the value decides whose things are read, and the platform is asked again by listing them: what was read under another value
	// is no longer asked about, since it would look deleted.
	Whose bool
	// Server says that the value is the address to which the keys are sent, so that no key is given to another one; see Connector.Server.
	Server bool
	Values []string // the only ones allowed, the default first; nil: any text
}

// Registry knows the kinds by name. It is filled by the programs, so that this package knows no platform.
type Registry map[string]Connector

// NewRegistry makes a Registry of kinds.
func NewRegistry(kinds ...Connector) Registry {
	r := Registry{}
	for _, k := range kinds {
		r[k.Name] = k
	}
	return r
}

// Server returns the server to which the keys of s are sent, the same for every way of writing its address; empty where all sources of the kind have one.
func (k Connector) Server(s settings.Source) string {
	i := slices.IndexFunc(k.Options, func(o Field) bool { return o.Server })
	if i < 0 {
		return ""
	}
	return serverOf(s.Options[k.Options[i].Name])
}

// Receiver makes the reader of what the platform of s pushes, which must have Push.
func (k Connector) Receiver(s settings.Source, d Deps) (Receiver, error) {
	return k.Push(s, k.keysOf(s, d))
}

// keysOf is d with the keys that s may use.
func (k Connector) keysOf(s settings.Source, d Deps) Deps {
	if d.KeysFor != nil {
		d.Secret, d.SaveSecret = d.KeysFor(k.Server(s))
	}
	return d
}

// Names returns the kinds' names in order.
func (r Registry) Names() []string { return slices.Sorted(maps.Keys(r)) }

// Keep returns Connector.Keep of the platforms whose terms set one.
func (r Registry) Keep() map[string]time.Duration {
	keep := map[string]time.Duration{}
	for name, k := range r {
		if k.Keep > 0 {
			keep[name] = k.Keep
		}
	}
	return keep
}

func (r Registry) kind(s settings.Source) (Connector, error) {
	k, ok := r[s.Kind]
	if !ok {
		return k, fmt.Errorf("source %q is of the kind %q, which this program does not know; known are %v", s.ID, s.Kind, r.Names())
	}
	return k, nil
}

// Make makes the connector for s.
func (r Registry) Make(s settings.Source, d Deps) (Source, error) {
	k, err := r.kind(s)
	if err != nil {
		return nil, err
	}
	src, err := k.New(s, k.keysOf(s, d))
	if err != nil {
		return nil, fmt.Errorf("source %q: %w", s.ID, err)
	}
	return src, nil
}

// Onceable is a Source that can be told to hand over the first page that holds anything, instead of everything back to its beginning. Call
// Once before the first Next.
type Onceable interface{ Once() }

// Try asks the platform once, from the beginning, and returns up to n mentions in normal form, as a "Test" button shows them: those
// that match a watch term, which stands in MatchedBy, before others, and the newest first. Nothing is stored. None and no error mean that the platform answered and had
// nothing, also when ctx ended while a connection stood. Sentence says for the officer what an error means.
func (r Registry) Try(ctx context.Context, s settings.Source, d Deps, n int) (ms []Mention, err error) {
	defer func() {
		if p := recover(); p != nil {
			ms, err = nil, fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	s.Options = maps.Clone(s.Options)
	delete(s.Options, CallbackField.Name) // a test subscribes to nothing
	src, err := r.Make(s, d)
	if err != nil {
		return nil, err
	}
	if c, ok := src.(Closer); ok {
		defer c.Close()
	}
	if o, ok := src.(Onceable); ok {
		o.Once()
	}
	ms, _, err = src.Next(ctx, "")
	switch {
	case err == io.EOF, err != nil && ctx.Err() != nil && answered(src):
		return nil, nil
	case err != nil:
		return nil, err
	}
	ms = slices.DeleteFunc(slices.Clone(ms), func(m Mention) bool { return m.State == Deleted })
	slices.Reverse(ms)
	for i := range ms {
		ms[i].Source = s.ID
		Normalise(&ms[i], d.Time())
		if d.Terms != nil {
			ms[i].MatchedBy = withTerms(ms[i].MatchedBy, d.Terms().MatchMention(&ms[i]))
		}
	}
	slices.SortStableFunc(ms, func(a, b Mention) int { return min(len(b.MatchedBy), 1) - min(len(a.MatchedBy), 1) })
	return ms[:min(n, len(ms))], nil
}

// answered says that a connection stands or that the platform has answered, if only that there is nothing.
func answered(src Source) bool {
	p, ok := src.(Pulser)
	return ok && !p.Pulse().LastSuccess.IsZero()
}
