package judge

import (
	"context"
	_ "embed"
	"fmt"
	"sync"
	"time"

	"earshot/classify"
	"earshot/classify/facts"
	"earshot/classify/lexicon"
	"earshot/classify/linear"
	"earshot/classify/risk"
	"earshot/classify/roster"
	"earshot/settings"
	"earshot/sources"
)

// Config is what a council tells the classifier.
type Config struct {
	Council  settings.Council
	People   []settings.Person  // the roster, up to 20,000
	Facts    []settings.Fact    // the register; facts outside their dates are never used
	Services []settings.Service // the council's own services; the ids that come with the program are always known
	Policy   string             // version of the settings, copied to Verdict.Policy
	Now      func() time.Time   // decides which facts hold; nil: time.Now
	Model    *Model             // nil: the one inside the program
	Adjust   *Adjustment        // in force; nil: the model as it came
	Shadow   *Adjustment        // on trial: judges from the same scores into Verdict.Shadow; nil: none
}

// Classifier judges mentions by rules, roster, register and a small linear model. It does not change after New; safe for concurrent
// use.
type Classifier struct {
	cfg   Config
	model *Model
	name  string // of the model that gives the fast verdict
	// consideredName is the name of the two models that give the considered one.
	consideredName string
	roster         *roster.Roster
	names          councilNames
	register       *facts.Register
	book           *lexicon.Book
	ruleHash       []uint64 // by Rule.Index
	heads          heads
	fast           tunings
	considered     tunings
	services       []ownService
	signs          int        // how many numbers the second layer reads
	pool           *sync.Pool // of *analysis
}

var _ classify.Classifier = (*Classifier)(nil)

var (
	//go:embed rules/classes.txt
	classesFile string
	//go:embed rules/cues.txt
	cuesFile string
	//go:embed rules/services.txt
	servicesFile string
)

// book is the compiled rules, the same for every council.
var book = sync.OnceValues(func() (*lexicon.Book, error) {
	return lexicon.Compile(map[string]string{"classes.txt": classesFile, "cues.txt": cuesFile, "services.txt": servicesFile, "risk.txt": risk.Rules,
		"languages.txt": risk.Languages})
})

// New builds a Classifier from cfg. Errors mean that the program itself is damaged: a model or a rule that cannot be read.
func New(cfg Config) (*Classifier, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	b, err := book()
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	m := cfg.Model
	if m == nil {
		if m, err = Shipped(); err != nil {
			return nil, err
		}
	}
	c := &Classifier{
		cfg: cfg, model: m, name: Name, book: b, roster: roster.New(cfg.People), names: newCouncilNames(cfg.Council),
		register: facts.New(cfg.Facts, cfg.Now), heads: findHeads(m), services: ownServices(cfg.Services),
	}
	if len(m.SHA) >= shaDigits {
		c.name += "+" + m.SHA[:shaDigits]
	}
	if c.fast, c.considered, err = m.tuneStages(&cfg); err != nil {
		return nil, err
	}
	if cfg.Adjust != nil {
		c.name += "+" + cfg.Adjust.Name
	}
	for _, r := range b.Rules {
		c.ruleHash = append(c.ruleHash, linear.Hash("rule:"+r.Name))
	}
	c.signs = signFirstRule + len(b.Rules)
	if !m.Fast.fits(c.signs) || !m.Considered.fits(c.signs+encodedSigns) {
		return nil, fmt.Errorf("%w: it was learnt with other rules", ErrModel)
	}
	c.pool = &sync.Pool{New: func() any {
		return &analysis{reader: b.Reader(), finder: c.register.Finder(), signs: make([]float32, c.signs+encodedSigns)}
	}}
	return c, nil
}

// shaDigits is how many digits of the model's SHA-256 a verdict carries.
const shaDigits = 8

// Model is the name and version that verdicts carry.
func (c *Classifier) Model() string { return c.name }

// Classify returns one verdict per mention, in the order of mentions; the error is ctx's or nil. A mention's own text is judged; where
// it has none, its title and the descriptions of its pictures are, and no span points into them.
func (c *Classifier) Classify(ctx context.Context, mentions []sources.Mention) ([]classify.Verdict, error) {
	out := make([]classify.Verdict, len(mentions))
	a := c.pool.Get().(*analysis)
	defer c.pool.Put(a)
	for i := range mentions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out[i] = c.judge(a, &mentions[i])
	}
	return out, nil
}
