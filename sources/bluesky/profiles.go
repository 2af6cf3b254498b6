package bluesky

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"earshot/sources"
)

// profiles looks up who is behind a DID: the stream names authors by DID only. It is a courtesy: when it fails, the mention goes on
// without a handle. Used by one goroutine.
type profiles struct {
	base  string
	call  *sources.Caller
	deps  sources.Deps
	cache map[string]profile
	quiet time.Time // no question before this, after a failure
}

type profile struct{ Handle, Name string }

const (
	maxProfiles   = 10_000 // kept; then all are forgotten
	profilesACall = 25
)

func newProfiles(base string, client *http.Client, d sources.Deps) *profiles {
	return &profiles{base: base, deps: d, cache: map[string]profile{},
		call: &sources.Caller{Client: client, Name: "Bluesky", Now: d.Now, Timeout: 5 * time.Second, Signal: rateLimit}}
}

// fill sets the handle and name of every author it can.
func (p *profiles) fill(ctx context.Context, ms []sources.Mention) {
	if p.base == "" {
		return
	}
	var ask []string
	for i := range ms {
		did := ms[i].Author.ID
		if _, ok := p.cache[did]; did != "" && !ok && !contains(ask, did) {
			ask = append(ask, did)
		}
	}
	for len(ask) > 0 && p.deps.Time().After(p.quiet) {
		n := min(len(ask), profilesACall)
		p.load(ctx, ask[:n])
		ask = ask[n:]
	}
	for i := range ms {
		if x, ok := p.cache[ms[i].Author.ID]; ok && x.Handle != "" {
			ms[i].Author.Handle, ms[i].Author.Name = x.Handle, x.Name
		}
	}
}

func (p *profiles) load(ctx context.Context, dids []string) {
	var out struct {
		Profiles []struct {
			DID         string `json:"did"`
			Handle      string `json:"handle"`
			DisplayName string `json:"displayName"`
		} `json:"profiles"`
	}
	q := url.Values{"actors": dids}
	if _, err := p.call.GetJSON(ctx, p.base+"/xrpc/app.bsky.actor.getProfiles?"+q.Encode(), &out); err != nil {
		p.quiet = p.deps.Time().Add(time.Minute)
		p.deps.Logger().Warn("handles not found", "component", "sources", "platform", platform, "count", len(dids), "err", err)
		return
	}
	if len(p.cache) > maxProfiles {
		clear(p.cache)
	}
	for _, d := range dids {
		p.cache[d] = profile{} // asked; perhaps the account is gone
	}
	for _, x := range out.Profiles {
		if x.Handle != "handle.invalid" {
			p.cache[x.DID] = profile{x.Handle, x.DisplayName}
		}
	}
}
