package hook

import (
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// desk is what is kept of one source: how its deliveries are read, and which were.
type desk struct {
	source   settings.Source
	receiver sources.Receiver // nil: to be made; under desks.mu
	intake   *sources.Intake
	seen     *memory
	places   places

	mu     sync.Mutex
	pushed sources.Pushed // newest
	told   time.Time
}

// due lays p over what was pushed before, and says whether it is time to tell. A first mention is told at once.
func (d *desk) due(p *sources.Pushed) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.pushed.Mention.IsZero() && !p.Mention.IsZero()
	d.pushed.At = p.At
	if !p.Mention.IsZero() {
		d.pushed.Mention = p.Mention
	}
	*p = d.pushed
	if !first && p.At.Sub(d.told) < tellEvery {
		return false
	}
	d.told = p.At
	return true
}

func (d *desk) says(outcome string, status int, body string) answer {
	return answer{kind: d.source.Kind, outcome: outcome, status: status, body: body}
}

func (d *desk) later(after time.Duration) answer {
	a := d.says(outNotNow, http.StatusServiceUnavailable, "Not now. Please send this again later.\n")
	a.retry = after
	return a
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// desks are the sources that take deliveries.
type desks struct {
	cfg Config
	mu  sync.Mutex
	all map[string]*desk
}

// find returns the desk of a source and its Receiver: no desk when the source takes nothing, an error when the Receiver cannot be made.
func (ds *desks) find(id string) (*desk, sources.Receiver, error) {
	s, ok := ds.cfg.Source(id)
	kind := ds.cfg.Registry[s.Kind]
	ds.mu.Lock()
	defer ds.mu.Unlock()
	d := ds.all[id]
	if !ok || s.Paused || kind.Push == nil {
		if !ok {
			delete(ds.all, id)
		}
		return nil, nil, nil
	}
	if d == nil || !reflect.DeepEqual(d.source, s) {
		next := &desk{source: s, intake: sources.NewIntake(s, ds.cfg.Deps, ds.cfg.Ingest), seen: &memory{most: remembered}}
		if d != nil {
			next.seen, next.pushed = d.seen, d.pushed
		}
		d = next
		ds.all[id] = d
	}
	if d.receiver != nil {
		return d, d.receiver, nil
	}
	var err error
	d.receiver, err = kind.Receiver(s, ds.cfg.Deps)
	return d, d.receiver, err
}

func (ds *desks) forget(id string) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if d := ds.all[id]; d != nil {
		d.receiver = nil
	}
}
