package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/settings"
	"earshot/sources"
)

// Connector is a notification mailbox.
var Connector = sources.Connector{
	Name: "mailbox", Title: "Notification mailbox", New: New,
	About: sources.About{
		Reads: "The mails in one folder of one mailbox that platforms notify: Facebook (groups and pages), Instagram, LinkedIn, Nextdoor, Quora, Reddit, TikTok, YouTube and Google Alerts are " +
			"taken apart; others are kept as text. Messages between two people are dropped.",
		Access:   "A mailbox of its own, such as listening@exampleford.gov.uk, to which the council's accounts on the platforms send their notifications, and its password or OAuth keys.",
		Price:    "Nothing beyond the mailbox.",
		Approval: "The council's own IT makes the mailbox.",
		Cannot:   "Only what a platform chooses to mail is seen, often shortened, and nothing of it when it is edited or deleted.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "IMAP server", Hint: "Its name, with the port if it is not 993.", Example: "outlook.office365.com", Needed: true},
		{Name: "user", Label: "User name", Hint: "Usually the address of the mailbox.", Example: "listening@exampleford.gov.uk", Needed: true},
		{Name: "receiver", Label: "Name of the receiving mail server", Hint: "As it stands first in the Authentication-Results header of any mail in the mailbox.", Example: "mx.exampleford.gov.uk", Needed: true},
		{Name: "folder", Label: "Folder", Hint: "INBOX when left empty.", Example: "INBOX"},
		{Name: "login", Label: "Sign-in", Hint: "Microsoft 365 and Google need OAuth.", Values: []string{"password", "microsoft", "google"}},
		{Name: "tenant", Label: "Microsoft tenant", Hint: "Needed with Microsoft: the directory's id or domain.", Example: "exampleford.onmicrosoft.com"},
		{Name: "tls", Label: "Encryption", Hint: "None is for a server on this machine only.", Values: []string{"tls", "starttls", "none"}},
		{Name: "after", Label: "Mails that were read", Hint: "Deleting them keeps strangers' words no longer than needed.", Values: []string{"keep", "delete"}},
	},
	Keys: []sources.Field{
		{Name: secretPassword, Label: "Password", Hint: "Needed with the sign-in password."},
		{Name: "client_id", Label: "OAuth client id", Hint: "Needed with Microsoft and Google: of the application registered there for Earshot."},
		{Name: "client_secret", Label: "OAuth client secret", Hint: "Of the same application."},
		{Name: "refresh_token", Label: "OAuth refresh token", Hint: "From the consent for that application (scope of IMAP access); renewed by itself."},
	},
}

const (
	secretPassword = "password"
	pollEvery      = 5 * time.Minute
	batch          = 50
)

// box is one mailbox. Its fields are read by Next alone, but for the pulse.
type box struct {
	source   settings.Source
	deps     sources.Deps
	address  string
	folder   string
	receiver string
	tls      string
	tidy     bool // delete what is stored
	poll     time.Duration
	login    func(ctx context.Context, s *session) error

	session *session
	last    sources.Last

	mu    sync.Mutex
	pulse sources.Pulse
}

var (
	_ sources.Source = (*box)(nil)
	_ sources.Pulser = (*box)(nil)
	_ sources.Closer = (*box)(nil)
)

// New makes the reader of a mailbox.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	o := func(name, otherwise string) string { return cmp.Or(strings.TrimSpace(s.Options[name]), otherwise) }
	b := &box{source: s, deps: d, address: o("server", ""), folder: o("folder", "INBOX"), receiver: o("receiver", ""), tls: o("tls", "tls"),
		tidy: o("after", "keep") == "delete", poll: cmp.Or(time.Duration(s.Every), pollEvery)}
	var faults []error
	for _, f := range needed {
		if o(f, "") == "" {
			faults = append(faults, fmt.Errorf("a mailbox needs the option %s", f))
		}
	}
	for name, values := range map[string][]string{"login": {"password", "microsoft", "google"}, "tls": {"tls", "starttls", "none"}, "after": {"keep", "delete"}} {
		if v := o(name, values[0]); !slices.Contains(values, v) {
			faults = append(faults, fmt.Errorf("the option %s is %q; known are %s", name, v, strings.Join(values, ", ")))
		}
	}
	if _, _, err := net.SplitHostPort(b.address); err != nil {
		b.address = net.JoinHostPort(b.address, map[string]string{"tls": "993"}[b.tls])
		if b.tls != "tls" {
			b.address = net.JoinHostPort(o("server", ""), "143")
		}
	}
	login, err := newLogin(o("login", "password"), o("tenant", ""), o("user", ""), s, d)
	b.login = login
	return b, errors.Join(append(faults, err)...)
}

// needed are the options without which there is no mailbox.
var needed = []string{"server", "user", "receiver"}

// place is the cursor's content.
type place struct {
	Validity uint32 `json:"v"` // UIDVALIDITY
	UID      uint32 `json:"u"` // of the last mail that was read
}

// Pulse tells when the server last answered, and how many mails were left alone.
func (b *box) Pulse() sources.Pulse {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pulse
}

func (b *box) answered(skipped int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pulse.LastSuccess = b.deps.Time()
	b.pulse.Skipped += int64(skipped)
}

// Close ends the connection.
func (b *box) Close() error {
	if b.session == nil {
		return nil
	}
	err := b.session.close()
	b.session = nil
	return err
}

// Next implements sources.Source.
func (b *box) Next(ctx context.Context, after sources.Cursor) ([]sources.Mention, sources.Cursor, error) {
	if ms, next, ok := b.last.Again(after); ok {
		return ms, next, nil
	}
	var p place
	if after != "" {
		if err := json.Unmarshal([]byte(after), &p); err != nil {
			return nil, after, sources.Stopf("The place where reading stopped cannot be understood. Remove the source and add it again.")
		}
	}
	for {
		letters, now, err := b.read(ctx, p)
		if err != nil {
			_ = b.Close() // it is opened anew
			return nil, after, err
		}
		if now == p {
			continue // waited in vain
		}
		var ms []sources.Mention
		skipped := 0
		for i := range letters {
			got := b.mentions(&letters[i])
			if len(got) == 0 {
				skipped++
			}
			ms = append(ms, got...)
		}
		b.answered(skipped)
		c, err := json.Marshal(now)
		if err != nil {
			return nil, after, err
		}
		ms, next := b.last.Keep(after, sources.Cursor(c), ms)
		return ms, next, nil
	}
}

// read returns the mails after p and the place behind them; without any it waits until the server says that something changed.
func (b *box) read(ctx context.Context, p place) ([]letter, place, error) {
	if b.session == nil {
		s, err := b.open(ctx)
		if err != nil {
			return nil, p, err
		}
		b.session = s
	}
	if b.session.validity != p.Validity {
		p = place{Validity: b.session.validity}
	}
	stop := b.session.until(ctx)
	defer stop()
	if b.tidy {
		if err := b.session.tidy(p.UID); err != nil {
			return nil, p, b.session.fault(ctx, err)
		}
	}
	letters, last, err := b.session.after(p.UID)
	if err != nil {
		return nil, p, b.session.fault(ctx, err)
	}
	if last > p.UID {
		return letters, place{b.session.validity, last}, nil
	}
	b.answered(0)
	if err := b.session.wait(ctx, b.poll); err != nil {
		return nil, p, b.session.fault(ctx, err)
	}
	return nil, p, nil
}
