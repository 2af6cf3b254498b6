package sources

import (
	"context"
	"log/slog"
	"slices"
	"sync"

	"earshot/settings"
)

// Intake makes mentions of what one source brought, whichever way it came: it keeps what is about this council, in normal form, and the
// deletions and edits of what was taken in before. Safe for concurrent use.
type Intake struct {
	source  settings.Source
	deps    Deps
	metrics *Metrics
	log     *slog.Logger

	mu      sync.Mutex
	recent  *Recent
	context *Recent // of them, those that only stand around another
}

// Taken is what became of one batch: what is to be published, and how much was dropped.
type Taken struct {
	Accepted []Mention
	NoTerm   int64 // matched no watch term
	Bad      int64 // no mention: Validate refused it
}

// NewIntake makes the Intake of one source; of Deps it uses Terms, Known, Log and Now. Metrics may be nil.
func NewIntake(s settings.Source, d Deps, m *Metrics) *Intake {
	return &Intake{source: s, deps: d, metrics: m, log: d.Logger().With("component", "sources", "source", s.ID, "kind", s.Kind),
		recent: NewRecent(recentIDs), context: NewRecent(recentIDs / 16)}
}

// Take sorts a batch; ms itself is left as it is.
func (in *Intake) Take(ctx context.Context, ms []Mention) Taken {
	var terms *Terms
	if in.deps.Terms != nil {
		terms = in.deps.Terms()
	}
	now, known := in.deps.Time(), in.known(ctx, ms)
	t := Taken{Accepted: make([]Mention, 0, len(ms))}
	for i := range ms {
		m := ms[i]
		if m.Source == "" {
			m.Source = in.source.ID
		}
		Normalise(&m, now)
		if err := m.Validate(); err != nil {
			in.log.Debug("item is no mention", "id", m.ID, "err", err)
			t.Bad++
			continue
		}
		if m.State == Deleted {
			if known != nil && !known[m.ID] {
				t.NoTerm++
				continue
			}
			t.Accepted = append(t.Accepted, m)
			continue
		}
		m.MatchedBy = withTerms(m.MatchedBy, terms.MatchMention(&m))
		if len(m.MatchedBy) == 0 && !in.source.AllTerms && in.deps.Terms != nil && !in.editOfOurs(ctx, &m) {
			t.NoTerm++
			continue
		}
		if len(m.MatchedBy) == 0 && in.onlyContext(m.ID) {
			m.MatchedBy = []string{MatchedThread}
		}
		t.Accepted = append(t.Accepted, m)
	}
	return t
}

// Around sorts what was fetched because it stands around m: what was taken in before is left alone, the rest is accepted whatever the terms say.
func (in *Intake) Around(ctx context.Context, m *Mention, ms []Mention) Taken {
	var terms *Terms
	if in.deps.Terms != nil {
		terms = in.deps.Terms()
	}
	var t Taken
	for _, x := range ms {
		if x.ID == m.ID || x.State == Deleted || in.lately(x.ID) {
			continue
		}
		x.Source = in.source.ID
		if x.ThreadID == "" && x.ID != m.Thread() {
			x.ThreadID = m.Thread() // the platform names no thread, and yet it brought them together
		}
		Normalise(&x, in.deps.Time())
		if err := x.Validate(); err != nil {
			in.log.Debug("item is no mention", "id", x.ID, "err", err)
			t.Bad++
			continue
		}
		if x.MatchedBy = withTerms(x.MatchedBy, terms.MatchMention(&x)); len(x.MatchedBy) == 0 {
			x.MatchedBy = []string{MatchedThread}
		}
		t.Accepted = append(t.Accepted, x)
	}
	t.Accepted = in.unknown(ctx, t.Accepted)
	return t
}

// unknown drops what the record has already, as far as that can be told.
func (in *Intake) unknown(ctx context.Context, ms []Mention) []Mention {
	if in.deps.Known == nil || len(ms) == 0 {
		return ms
	}
	ids := make([]string, len(ms))
	for i := range ms {
		ids[i] = ms[i].ID
	}
	known, err := in.deps.Known(ctx, ids)
	if err != nil || len(known) != len(ids) {
		return ms // a repetition does no harm
	}
	var out []Mention
	for i := range ms {
		if !known[i] {
			out = append(out, ms[i])
		}
	}
	return out
}

// Stored counts t, and remembers its mentions as taken in, once the log has them.
func (in *Intake) Stored(t Taken) {
	in.metrics.batch(in.source.Kind, t)
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := range t.Accepted {
		in.recent.Add(t.Accepted[i].ID)
		if t.Accepted[i].Around() {
			in.context.Add(t.Accepted[i].ID)
		}
	}
}

func (in *Intake) onlyContext(id string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.context.Has(id)
}

func (in *Intake) lately(id string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.recent.Has(id)
}

// editOfOurs says that m edits a mention that was taken in: an edit that takes the council's name out is still an edit.
func (in *Intake) editOfOurs(ctx context.Context, m *Mention) bool {
	if m.State != Edited {
		return false
	}
	if in.lately(m.ID) {
		return true
	}
	if in.deps.Known == nil {
		return false
	}
	yes, err := in.deps.Known(ctx, []string{m.ID})
	return err == nil && len(yes) == 1 && yes[0]
}

// known says which deletions concern mentions that were taken in; nil when that cannot be told, and then all are handed on.
func (in *Intake) known(ctx context.Context, ms []Mention) map[string]bool {
	if in.deps.Known == nil {
		return nil
	}
	known := map[string]bool{}
	var ask []string
	for i := range ms {
		switch {
		case ms[i].State != Deleted, in.lately(ms[i].ID): // the first: taken in and deleted within one batch
			known[ms[i].ID] = true
		default:
			ask = append(ask, ms[i].ID)
		}
	}
	if len(ask) == 0 {
		return known
	}
	yes, err := in.deps.Known(ctx, ask)
	if err != nil || len(yes) != len(ask) {
		in.log.Warn("cannot tell which deletions concern us; handing on all", "deletions", len(ask), "err", err)
		return nil
	}
	for i, id := range ask {
		known[id] = yes[i]
	}
	return known
}

func withTerms(by, terms []string) []string {
	by = slices.Clone(by)
	if len(terms) > 0 { // it is no longer only around another
		by = slices.DeleteFunc(by, func(s string) bool { return s == MatchedThread })
	}
	for _, t := range terms {
		if t = "keyword:" + t; !slices.Contains(by, t) {
			by = append(by, t)
		}
	}
	return by
}
