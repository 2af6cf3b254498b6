package opinion

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"earshot/classify"
	"earshot/sources"
)

// Opinion is a Classifier that asks for a second opinion where the one inside it is unsure. Safe for concurrent use.
type Opinion struct {
	inner    classify.Classifier
	cfg      Config
	endpoint string
	gate     *gate
	cache    *cache
}

var _ classify.Classifier = (*Opinion)(nil)

// New wraps inner. Errors are Config.Validate's.
func New(inner classify.Classifier, cfg Config) (*Opinion, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	return &Opinion{inner: inner, cfg: cfg, endpoint: endpoint(cfg.URL), gate: &gate{budget: cfg.Budget}, cache: newCache(cfg.Cache)}, nil
}

// With is an Opinion of another classifier and masker, for new settings, that goes on with o's budget, cache and back-off.
func (o *Opinion) With(inner classify.Classifier, m Masker) *Opinion {
	with := *o
	with.inner, with.cfg.Masker = inner, m
	return &with
}

// asked are the labels that a text alone decides. Inaccuracy needs the register and a junior officer a name, which stay in the house.
var asked = []classify.Label{classify.Complaint, classify.Trolling, classify.Abuse}

// Classify returns inner's verdicts, with second opinions on doubtful ones as far as budget and patience reach. Its errors are inner's, or
// ctx's.
func (o *Opinion) Classify(ctx context.Context, mentions []sources.Mention) ([]classify.Verdict, error) {
	vs, err := o.inner.Classify(ctx, mentions)
	if err != nil {
		return nil, err
	}
	patience, cancel := context.WithTimeout(ctx, o.cfg.Patience)
	defer cancel()
	for i := range vs {
		labels := doubtful(&vs[i])
		if len(labels) == 0 || mentions[i].State == sources.Deleted || strings.TrimSpace(mentions[i].Text) == "" {
			continue
		}
		if a, ok := o.answer(patience, question{labels, masked(o.cfg.Masker.Passage(mentions[i].Text))}); ok {
			o.weigh(&vs[i], labels, a)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return vs, nil
}

// doubtful lists the labels of v to ask about.
func doubtful(v *classify.Verdict) []classify.Label {
	var out []classify.Label
	for _, l := range asked {
		if slices.Contains(v.Unsure, l) {
			out = append(out, l)
		}
	}
	return out
}

// answer is what the cache or the server says, if anything.
func (o *Opinion) answer(ctx context.Context, q question) (answer, bool) {
	k := key(q)
	if a, ok := o.cache.get(k); ok {
		o.cfg.Metrics.hit()
		return a, true
	}
	if ctx.Err() != nil {
		o.cfg.Metrics.skip(skipLate)
		return answer{}, false
	}
	if why := o.gate.pass(o.cfg.Now()); why != "" {
		o.cfg.Metrics.skip(why)
		return answer{}, false
	}
	start := time.Now()
	a, err := o.ask(ctx, q)
	if errors.Is(ctx.Err(), context.Canceled) { // nobody waits any more: that is not the server's fault
		return answer{}, false
	}
	o.cfg.Metrics.call(err, time.Since(start))
	if err != nil {
		o.heed(err)
		return answer{}, false
	}
	o.gate.succeeded()
	o.cache.put(k, a)
	return a, true
}

// heed waits after a failure of the server. A refusal or an answer in another form is about one text: the next may fare better.
func (o *Opinion) heed(err error) {
	if errors.Is(err, errShape) || errors.Is(err, errRefused) {
		o.gate.succeeded()
		return
	}
	var t throttled
	errors.As(err, &t)
	wait := o.gate.failed(o.cfg.Now(), t.wait)
	o.cfg.Log.Warn("no second opinion", "err", err, "wait", wait)
}

func key(q question) [sha256.Size]byte {
	h := sha256.New()
	for _, l := range q.Labels {
		h.Write([]byte(l))
		h.Write([]byte{0})
	}
	h.Write([]byte(q.Post))
	return [sha256.Size]byte(h.Sum(nil))
}

// weigh adds the answer to the verdict.
func (o *Opinion) weigh(v *classify.Verdict, labels []classify.Label, a answer) {
	for _, l := range labels {
		if !a.holds[l] {
			o.cfg.Metrics.answer(disagrees)
			o.reason(v, l, disagrees)
			continue
		}
		o.cfg.Metrics.answer(agrees)
		o.reason(v, l, agrees)
		if l == classify.Trolling && aggrieved(v) {
			continue
		}
		if l == classify.Abuse && (v.Target == nil || *v.Target == "other") {
			v.Target = &a.target
		}
		v.Unsure = slices.DeleteFunc(slices.Clone(v.Unsure), func(x classify.Label) bool { return x == l })
		if !v.Has(l) {
			v.Labels = append(slices.Clone(v.Labels), l)
		}
	}
}

// aggrieved reports whether v may be a complaint without being one for certain: such a mention is never only trolling, whoever says so.
func aggrieved(v *classify.Verdict) bool {
	return !v.Has(classify.Complaint) && slices.Contains(v.Unsure, classify.Complaint)
}

func (o *Opinion) reason(v *classify.Verdict, l classify.Label, what string) {
	v.Reasons = append(slices.Clone(v.Reasons), classify.Reason{Label: string(l), Why: "second opinion of " + o.cfg.Model + " " + what})
}
