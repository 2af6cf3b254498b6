package judge

import (
	"context"
	"errors"
	"fmt"

	"earshot/classify"
	"earshot/sources"
)

// ConsideredName is the name and version of the encoder's layer; verdicts add digits of both models' SHA-256.
const ConsideredName = "earshot-considered@1"

// Considered gives considered verdicts: all that the fast one weighs, and what an encoder says. Safe for concurrent use.
type Considered struct {
	c *Classifier
	r Reader
}

var _ classify.Classifier = (*Considered)(nil)

// ErrNoLayer says that a model has not learnt to weigh what an encoder says.
var ErrNoLayer = errors.New("judge: the model has no considered layer")

// Considered returns the classifier that also asks r, which version names.
func (c *Classifier) Considered(r Reader, version string) (*Considered, error) {
	if len(c.model.Considered.Second) != len(Second) {
		return nil, ErrNoLayer
	}
	with := *c
	with.consideredName = ConsideredName + "+" + version
	if len(c.model.SHA) >= shaDigits {
		with.consideredName += "." + c.model.SHA[:shaDigits]
	}
	if c.cfg.Adjust != nil {
		with.consideredName += "+" + c.cfg.Adjust.Name
	}
	return &Considered{c: &with, r: r}, nil
}

// together is how many mentions are read by the encoder in one call; it bounds what a call holds in memory.
const together = 64

// Model is the name and version that verdicts carry.
func (k *Considered) Model() string { return k.c.consideredName }

// Classify returns one verdict per mention, in the order of mentions; the error is ctx's or the encoder's.
func (k *Considered) Classify(ctx context.Context, mentions []sources.Mention) ([]classify.Verdict, error) {
	out := make([]classify.Verdict, 0, len(mentions))
	for from := 0; from < len(mentions); from += together {
		var err error
		if out, err = k.some(ctx, mentions[from:min(from+together, len(mentions))], out); err != nil {
			return nil, err
		}
	}
	return out, ctx.Err()
}

// some judges a few mentions and appends their verdicts to out.
func (k *Considered) some(ctx context.Context, mentions []sources.Mention, out []classify.Verdict) ([]classify.Verdict, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	as := make([]*analysis, len(mentions))
	texts := make([]Text, 0, len(mentions))
	for i := range mentions {
		a := k.c.pool.Get().(*analysis)
		defer k.c.pool.Put(a)
		as[i] = a
		s, _ := words(&mentions[i])
		k.c.prepare(a, s)
		texts = append(texts, a.text(mentions[i].ID, s))
	}
	read, err := k.r.Read(ctx, texts)
	if err != nil {
		return nil, fmt.Errorf("consider %d mentions: %w", len(mentions), err)
	}
	for i := range mentions {
		out = append(out, k.judge(as[i], &mentions[i], &read[i]))
	}
	return out, nil
}

// judge gives one mention's considered verdict.
func (k *Considered) judge(a *analysis, m *sources.Mention, r *Reading) classify.Verdict {
	if m.State == sources.Deleted {
		return k.c.blank(m, classify.Considered)
	}
	s, own := words(m)
	k.c.consult(a, r)
	signRead(r, a.signs[k.c.signs:])
	d := decision{c: k.c, a: a, layer: &k.c.model.Considered, stage: classify.Considered, read: r, tunings: k.c.considered}
	return d.decide(m, s, own)
}
