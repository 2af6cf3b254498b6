package escalate

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Config is what a Dispatcher stands on. Table, Ledger, Notifier, Journal, Dir, PublicURL and Signer are required.
type Config struct {
	Dir       string   // holds state.db; made when absent
	Table     *Table   // may be changed later by SetTable
	Ledger    *Ledger  // this node's; caught up with the casework log before the first call of HandleTagged
	Notifier  Notifier // see escalate/email
	Journal   Journal
	Lookup    Lookup // nil: a mention the dispatcher has not seen is mailed as a link without its words
	PublicURL string // https://host[/path], no slash at the end needed
	Signer    *Signer
	Log       *slog.Logger     // nil: discarded
	Metrics   *Metrics         // nil: none
	Now       func() time.Time // nil: time.Now
	Limits    Limits

	// ConsiderWithin is how long what is not about a risk waits for the considered verdict that follows a fast one; then the fast one decides.
	// Zero: nothing waits, because no considered verdict follows.
	ConsiderWithin time.Duration
}

// Limits bound what one inbox is sent and how long one try may take. The zero Limits are the defaults given at each field. They keep a
// storm, however large, at or below five mails an inbox in ten minutes: three one by one, one summary after Hold, the next summary
// Window later, and so on until a Window has passed with nothing held back.
type Limits struct {
	Single     int           // mails about one incident to one inbox within Window; 3
	Window     time.Duration // 10 minutes
	Hold       time.Duration // from the first mail held back to the first summary; 2 minutes, for risks 1 minute
	SendWithin time.Duration // one try at one mail; 1 minute
	RetryMin   time.Duration // first pause after a failure, doubling; 5 seconds
	RetryMax   time.Duration // longest pause; 5 minutes, for risks 1 minute
}

func (l Limits) orDefaults() Limits {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if l.Single == 0 {
		l.Single = 3
	}
	def(&l.Window, 10*time.Minute)
	def(&l.Hold, 2*time.Minute)
	def(&l.SendWithin, time.Minute)
	def(&l.RetryMin, 5*time.Second)
	def(&l.RetryMax, 5*time.Minute)
	return l
}

// Validate reports every fault at once.
func (c *Config) Validate() error {
	var errs []error
	need := func(ok bool, name string) {
		if !ok {
			errs = append(errs, fmt.Errorf("escalate: config: %s is missing", name))
		}
	}
	need(c.Dir != "", "Dir")
	need(c.Table != nil, "Table")
	need(c.Ledger != nil, "Ledger")
	need(c.Notifier != nil, "Notifier")
	need(c.Journal != nil, "Journal")
	need(c.Signer != nil, "Signer")
	if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		errs = append(errs, fmt.Errorf("escalate: config: PublicURL %q is not a web address; it begins with https:// or http://", c.PublicURL))
	}
	if c.ConsiderWithin < 0 {
		errs = append(errs, errors.New("escalate: config: ConsiderWithin is negative"))
	}
	l := c.Limits
	if l.Single < 0 || l.Window < 0 || l.Hold < 0 || l.SendWithin < 0 || l.RetryMin < 0 || l.RetryMax < 0 {
		errs = append(errs, errors.New("escalate: config: a limit is negative"))
	}
	if l.RetryMin > 0 && l.RetryMax > 0 && l.RetryMin > l.RetryMax {
		errs = append(errs, errors.New("escalate: config: RetryMin is longer than RetryMax"))
	}
	return errors.Join(errs...)
}
