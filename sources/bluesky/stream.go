package bluesky

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"earshot/settings"
	"earshot/sources"
)

const (
	publicJetstream = "wss://jetstream2.us-east.bsky.network/subscribe"
	publicAppView   = "https://public.api.bsky.app"

	rewind     = 5 * time.Second        // before the cursor on every connection
	saveEvery  = 5 * time.Second        // between cursors that bring no mention
	lingerFor  = 100 * time.Millisecond // for more, once there is one
	maxBatch   = 500
	remembered = 65_536 // IDs, against what the rewind repeats and for deletions
)

// stream reads Jetstream. One goroutine reads and filters a connection; a bounded channel leads from it to Next, so that a slow log
// slows the reading and nothing is dropped.
type stream struct {
	posts    // whose deps and accounts are the stream's
	source   settings.Source
	client   *http.Client
	address  string
	profiles *profiles
	memory   *memory

	conn *connection
	last sources.Last

	skipped atomic.Int64
	heard   atomic.Int64 // Unix nanoseconds of the last sign of life
}

var (
	_ sources.Source = (*stream)(nil)
	_ sources.Pulser = (*stream)(nil)
	_ sources.Closer = (*stream)(nil)
)

func newStream(s settings.Source, d sources.Deps) (*stream, error) {
	accounts, err := accountsOf(s)
	address := s.Options["jetstream"]
	appview := s.Options["appview"]
	if address == "" {
		address = publicJetstream
		if appview == "" {
			appview = publicAppView
		}
	}
	u, perr := url.Parse(address)
	if perr != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss"}, u.Scheme) {
		err = errors.Join(err, errors.New("jetstream must be the address of a Jetstream server, such as "+publicJetstream))
	}
	if err != nil {
		return nil, err
	}
	client := d.HTTP(s)
	x := &stream{source: s, client: client, address: address, profiles: newProfiles(appview, client, d), memory: newMemory()}
	x.posts = posts{service: appview, accounts: accounts, deps: d, call: x.profiles.call}
	return x, nil
}

// Pulse tells when the server was last heard and how many posts were passed over.
func (s *stream) Pulse() sources.Pulse {
	p := sources.Pulse{Skipped: s.skipped.Load()}
	if n := s.heard.Load(); n > 0 {
		p.LastSuccess = time.Unix(0, n)
	}
	return p
}

// Close ends the connection.
func (s *stream) Close() error {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
	return nil
}

// Next implements sources.Source.
func (s *stream) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if ms, next, ok := s.last.Again(after); ok && !s.last.Follows(after) {
		return ms, next, nil
	}
	at, err := parseCursor(after)
	if err != nil {
		return nil, after, err
	}
	if s.conn != nil && !s.last.Follows(after) {
		s.Close() // a step back: read from there again
	}
	if s.conn == nil {
		if s.conn, err = s.connect(ctx, at); err != nil {
			return nil, after, err
		}
	}
	ms, to, err := s.gather(ctx, at)
	if err != nil {
		s.Close()
		return nil, after, err
	}
	s.profiles.fill(ctx, ms)
	next := sources.Cursor(strconv.FormatInt(to, 10))
	ms, next = s.last.Keep(after, next, ms)
	return ms, next, nil
}

// gather waits for mentions and takes what comes within a moment, or returns without any once the place has moved on for a while.
func (s *stream) gather(ctx context.Context, at int64) ([]sources.Mention, int64, error) {
	var ms []sources.Mention
	to := at
	idle := time.NewTicker(saveEvery)
	defer idle.Stop()
	var linger <-chan time.Time
	for {
		full := false
		select {
		case <-ctx.Done():
			return nil, at, ctx.Err()
		case <-idle.C:
			if to > at && len(ms) == 0 {
				return nil, to, nil
			}
		case <-linger:
			full = true
		case e := <-s.conn.events:
			if e.err != nil {
				if to == at {
					return nil, at, e.err
				}
				s.conn.broken(e.err) // first what came before; the next call finds the connection broken
				return s.ours(ctx, ms), to, nil
			}
			to = max(to, e.timeUS)
			got, err := s.resolve(ctx, e)
			if err != nil {
				return nil, at, err
			}
			if ms = append(ms, got...); len(ms) > 0 && linger == nil {
				linger = time.After(lingerFor)
			}
			full = len(ms) >= maxBatch
		}
		if !full {
			continue
		}
		if ms, linger = s.ours(ctx, ms), nil; len(ms) > 0 {
			return ms, to, nil
		}
	}
}

// ours leaves out the deletions of mentions that were never taken in: nearly all of the network's. When that cannot be told, all stay.
func (s *stream) ours(ctx context.Context, ms []sources.Mention) []sources.Mention {
	var ask []string
	for i := range ms {
		if ms[i].State == sources.Deleted && !s.memory.has(ms[i].ID) {
			ask = append(ask, ms[i].ID)
		}
	}
	if len(ask) == 0 {
		return ms
	}
	known := make([]bool, len(ask))
	if s.deps.Known != nil {
		var err error
		if known, err = s.deps.Known(ctx, ask); err != nil || len(known) != len(ask) {
			s.deps.Logger().Warn("cannot tell which deletions concern us; handing on all", "component", "sources", "source", s.source.ID,
				"deletions", len(ask), "err", err)
			return ms
		}
	}
	n := 0
	return slices.DeleteFunc(ms, func(m sources.Mention) bool {
		if n == len(ask) || m.ID != ask[n] {
			return false
		}
		n++
		if !known[n-1] {
			s.skipped.Add(1)
		}
		return !known[n-1]
	})
}

// resolve turns an event into mentions: none for mere progress, many for an account that is gone.
func (s *stream) resolve(ctx context.Context, e event) ([]sources.Mention, error) {
	switch {
	case e.gone != "":
		return s.accountGone(ctx, e)
	case e.mention.ID == "":
		return nil, nil
	case e.mention.State == sources.Deleted:
	case !s.memory.fresh(e.mention.ID, e.rev):
		return nil, nil // repeated by the rewind
	default:
		s.memory.add(&e.mention)
	}
	return []sources.Mention{e.mention}, nil
}

func (s *stream) accountGone(ctx context.Context, e event) ([]sources.Mention, error) {
	ids := s.memory.by(e.gone)
	if s.deps.ByAuthor != nil {
		found, err := s.deps.ByAuthor(ctx, platform, []string{e.gone})
		if err != nil {
			return nil, fmt.Errorf("look up mentions of an account that is gone: %w", err)
		}
		ids = append(ids, found[e.gone]...)
	}
	slices.Sort(ids)
	var out []sources.Mention
	for _, id := range slices.Compact(ids) {
		out = append(out, sources.Mention{ID: id, Platform: platform, State: sources.Deleted, At: time.UnixMicro(e.timeUS)})
	}
	return out, nil
}

func parseCursor(c sources.Cursor) (int64, error) {
	if c == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(c), 10, 64)
	if err != nil || n < 0 {
		return 0, sources.Stopf("The place where reading stopped cannot be understood. Remove the source and add it again.")
	}
	return n, nil
}

// subscribeURL adds the filter and, but for a first start, the place.
func (s *stream) subscribeURL(at int64) string {
	u, _ := url.Parse(s.address) // checked by newStream
	q := u.Query()
	q.Set("wantedCollections", collection)
	if at > 0 {
		q.Set("cursor", strconv.FormatInt(max(1, at-rewind.Microseconds()), 10))
	} else if c := strings.TrimSpace(s.source.Options["from"]); c != "" {
		q.Set("cursor", c)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
