package classifytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"earshot/classify"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// Run runs the suite. open returns a classifier; it is called once for each part.
func Run(t *testing.T, open func(testing.TB) classify.Classifier) {
	t.Run("one verdict a mention, in order", func(t *testing.T) { order(t, open(t)) })
	t.Run("verdicts are well formed", func(t *testing.T) { wellFormed(t, open(t)) })
	t.Run("the same text has the same verdict", func(t *testing.T) { same(t, open(t)) })
	t.Run("many at once", func(t *testing.T) { concurrent(t, open(t)) })
	t.Run("a cancelled context stops it", func(t *testing.T) { cancelled(t, open(t)) })
	t.Run("hostile text", func(t *testing.T) { hostile(t, open(t)) })
}

// Mention wraps a text as a mention.
func Mention(id, text string) sources.Mention {
	return sources.Mention{ID: "test:" + id, Platform: "test", Kind: sources.Post, Text: text, CreatedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
}

func mentions() []sources.Mention {
	var out []sources.Mention
	for name, s := range Everyday {
		out = append(out, Mention(name, s))
	}
	slices.SortFunc(out, func(a, b sources.Mention) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func order(t *testing.T, c classify.Classifier) {
	ms := mentions()
	if len(ms) < 5 {
		t.Fatalf("%d mentions prove nothing", len(ms))
	}
	vs, err := c.Classify(t.Context(), ms)
	if err != nil {
		t.Fatal(err)
	}
	if len(vs) != len(ms) {
		t.Fatalf("%d verdicts for %d mentions", len(vs), len(ms))
	}
	for i := range ms {
		if vs[i].ID != ms[i].ID {
			t.Errorf("verdict %d is %s's, not %s's", i, vs[i].ID, ms[i].ID)
		}
		if vs[i].Version != ms[i].Version() {
			t.Errorf("%s: version %q, not the mention's %q", ms[i].ID, vs[i].Version, ms[i].Version())
		}
	}
	if none, err := c.Classify(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("no mentions gave %d verdicts, %v", len(none), err)
	}
}

func wellFormed(t *testing.T, c classify.Classifier) {
	for _, m := range append(mentions(), hostileMentions()...) {
		vs, err := c.Classify(t.Context(), []sources.Mention{m})
		if err != nil {
			t.Fatalf("%s: %v", m.ID, err)
		}
		for _, fault := range Check(&m, &vs[0]) {
			t.Errorf("%s: %s", m.ID, fault)
		}
	}
}

// Check lists what is wrong with the form of a verdict on m.
func Check(m *sources.Mention, v *classify.Verdict) []string {
	var faults []string
	bad := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	span := func(what string, start, end int) {
		switch {
		case start < 0 || end < start || end > len(m.Text):
			bad("%s: span %d..%d lies outside the %d bytes of the text", what, start, end, len(m.Text))
		case !boundary(m.Text, start) || !boundary(m.Text, end):
			bad("%s: span %d..%d cuts a rune", what, start, end)
		}
	}
	for _, l := range classify.Labels {
		s, ok := v.Scores[l]
		if !ok || math.IsNaN(s) || s < 0 || s > 1 {
			bad("score of %s is %v", l, s)
		}
	}
	once := map[string]bool{}
	for _, l := range append(slices.Clone(v.Labels), "") {
		if l != "" && (!slices.Contains(classify.Labels, l) || once[string(l)]) {
			bad("label %q is unknown or there twice", l)
		}
		once[string(l)] = true
	}
	for _, r := range v.Risk {
		if !slices.Contains(classify.Risks, r) || once[string(r)] {
			bad("risk %q is unknown or there twice", r)
		}
		once[string(r)] = true
	}
	for l := range once {
		if l != "" && !slices.ContainsFunc(v.Reasons, func(r classify.Reason) bool { return r.Label == l && r.Why != "" }) {
			bad("%s has no reason", l)
		}
	}
	for _, r := range v.Reasons {
		span("reason for "+r.Label, r.Start, r.End)
	}
	for _, o := range v.Officers {
		span("officer", o.Start, o.End)
	}
	for _, f := range v.Facts {
		span("fact "+f.ID, f.Start, f.End)
		if !slices.Contains([]string{"contradicts", "agrees", "asks", "quotes"}, f.Stance) {
			bad("stance %q", f.Stance)
		}
	}
	if v.Target != nil && !slices.Contains([]string{"staff", "member", "both", "other"}, *v.Target) {
		bad("target %q", *v.Target)
	}
	if v.Has(classify.Abuse) && v.Target == nil {
		bad("abuse without a target")
	}
	if v.Model == "" || v.Stage == "" {
		bad("model %q, stage %q", v.Model, v.Stage)
	}
	if b, err := json.Marshal(v); err != nil {
		bad("cannot be written as JSON: %v", err)
	} else if !utf8.Valid(b) {
		bad("its JSON is not UTF-8")
	}
	return faults
}

func boundary(s string, at int) bool {
	return at == len(s) || utf8.RuneStart(s[at]) || !utf8.ValidString(s)
}

func same(t *testing.T, c classify.Classifier) {
	ms := mentions()
	want, err := c.Classify(t.Context(), ms)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for i := len(ms) - 1; i >= 0; i-- { // another order, another company
			got, err := c.Classify(t.Context(), ms[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			if a, b := write(t, want[i]), write(t, got[0]); a != b {
				t.Fatalf("round %d, %s:\n%s\n%s", round, ms[i].ID, a, b)
			}
		}
	}
}

// write is a verdict as JSON without the time it was made.
func write(t *testing.T, v classify.Verdict) string {
	t.Helper()
	v.At = time.Time{}
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func concurrent(t *testing.T, c classify.Classifier) {
	p, err := classify.NewPool(c, classify.PoolConfig{Workers: 8})
	if err != nil {
		t.Fatal(err)
	}
	var ms []sources.Mention
	for k := range 40 {
		for _, m := range mentions() {
			m.ID = fmt.Sprintf("%s-%d", m.ID, k)
			ms = append(ms, m)
		}
	}
	vs, errs := p.Classify(t.Context(), ms)
	for i := range ms {
		if errs[i] != nil || vs[i].ID != ms[i].ID {
			t.Fatalf("mention %d: %v, verdict of %q for %q", i, errs[i], vs[i].ID, ms[i].ID)
		}
	}
}

func cancelled(t *testing.T, c classify.Classifier) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Classify(ctx, mentions()); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, not context.Canceled", err)
	}
}
