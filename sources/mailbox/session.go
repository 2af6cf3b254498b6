package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"earshot/settings"
	"earshot/sources"
)

const (
	maxLetter  = 1 << 20 // bytes of one mail that are read; what a notification says stands at its beginning
	refreshIn  = 25 * time.Minute
	helloAfter = 30 * time.Second
)

// session is one connection with the folder open.
type session struct {
	client   *imapclient.Client
	host     string
	validity uint32
	changed  chan struct{} // length 1: the server spoke of the folder
}

// open connects, signs in and opens the folder: read-only, unless mails are deleted after reading.
func (b *box) open(ctx context.Context) (_ *session, err error) {
	host, _, _ := net.SplitHostPort(b.address)
	s := &session{host: host, changed: make(chan struct{}, 1)}
	dialCtx, cancel := context.WithTimeout(ctx, helloAfter)
	defer cancel()
	conn, err := b.deps.Dialer(b.source)(dialCtx, "tcp", b.address)
	if err != nil {
		return nil, s.fault(ctx, err)
	}
	options := &imapclient.Options{TLSConfig: &tls.Config{ServerName: host}, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(*imapclient.UnilateralDataMailbox) { s.notice() }}}
	stop := context.AfterFunc(dialCtx, func() { conn.Close() })
	defer stop()
	switch b.tls {
	case "tls":
		secure := tls.Client(conn, &tls.Config{ServerName: host, NextProtos: []string{"imap"}})
		if err := secure.HandshakeContext(dialCtx); err != nil {
			return nil, errors.Join(s.fault(ctx, err), conn.Close())
		}
		s.client = imapclient.New(secure, options)
	case "starttls":
		if s.client, err = imapclient.NewStartTLS(conn, options); err != nil {
			return nil, errors.Join(s.fault(ctx, err), conn.Close())
		}
	default:
		s.client = imapclient.New(conn, options)
	}
	if err := b.login(ctx, s); err != nil {
		return nil, errors.Join(err, s.close())
	}
	data, err := s.client.Select(b.folder, &imap.SelectOptions{ReadOnly: !b.tidy}).Wait()
	if err != nil {
		defer s.close()
		if answered(err) {
			return nil, sources.Stopf("The mail server %s has no folder %q for this user. Correct the option folder.", host, b.folder)
		}
		return nil, s.fault(ctx, err)
	}
	s.validity = data.UIDValidity
	return s, nil
}

// newLogin makes the way of signing in.
func newLogin(how, tenant, user string, s settings.Source, d sources.Deps) (func(context.Context, *session) error, error) {
	var endpoint, scope string
	switch how {
	case "microsoft":
		if tenant == "" {
			return nil, errors.New("a mailbox at Microsoft needs the option tenant")
		}
		endpoint, scope = "https://login.microsoftonline.com/"+tenant+"/oauth2/v2.0/token", "https://outlook.office.com/IMAP.AccessAsUser.All offline_access"
	case "google":
		endpoint = "https://oauth2.googleapis.com/token"
	default:
		return func(ctx context.Context, x *session) error {
			password, err := d.Key(ctx, s.ID, secretPassword)
			if err != nil {
				return err
			}
			return x.refused(ctx, x.client.Login(user, password).Wait())
		}, nil
	}
	tokens := &sources.Tokens{Caller: &sources.Caller{Client: d.HTTP(s), Name: "The sign-in of the mailbox", Now: d.Now, Asks: []string{"/" + tenant + "/oauth2/v2.0/token", "/token"}},
		Address: endpoint, Source: s.ID, Deps: d}
	if scope != "" {
		tokens.Form = map[string][]string{"scope": {scope}}
	}
	return func(ctx context.Context, x *session) error {
		token, err := tokens.Token(ctx)
		if err != nil {
			return err
		}
		err = x.refused(ctx, x.client.Authenticate(&xoauth2{user, token}))
		if errors.Is(err, sources.ErrStop) {
			tokens.Forget()
		}
		return err
	}, nil
}

// xoauth2 is the SASL mechanism of Google and Microsoft (their XOAUTH2 pages).
type xoauth2 struct{ user, token string }

var _ sasl.Client = (*xoauth2)(nil)

func (x *xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the server's description of a refusal with nothing, upon which it refuses.
func (x *xoauth2) Next([]byte) ([]byte, error) { return nil, nil }

// answered says that the server itself said no, in an orderly way.
func answered(err error) bool {
	var no *imap.Error
	return errors.As(err, &no)
}

// refused makes the error of a sign-in.
func (s *session) refused(ctx context.Context, err error) error {
	var no *imap.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no) && !busy(no):
		return sources.Stopf("The mail server %s does not accept the user or the key. Check the user name, and enter the key anew on the sources page.", s.host)
	}
	return s.fault(ctx, err)
}

// busy says that a refusal is a request for patience.
func busy(no *imap.Error) bool {
	text := strings.ToUpper(string(no.Code) + " " + no.Text)
	return slices.ContainsFunc([]string{"LIMIT", "THROTTLED", "UNAVAILABLE", "INUSE", "TOO MANY"}, func(w string) bool { return strings.Contains(text, w) })
}

// fault makes a sentence of an error of the connection.
func (s *session) fault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, sources.ErrStop) {
		return err
	}
	var no *imap.Error
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	sentence := "The connection to the mail server %s broke off. It is opened again."
	switch {
	case errors.As(err, &no) && busy(no):
		sentence = "The mail server %s asks for patience. It is tried again with growing pauses."
	case errors.As(err, &no):
		sentence = "The mail server %s refuses to show the folder. It is tried again."
	case errors.As(err, &dns):
		sentence = "The name %s is not known on the network. Check the option server; it is tried again."
	case errors.As(err, &cert):
		sentence = "The certificate of the mail server %s cannot be trusted. Its operator must renew it; it is tried again."
	}
	return &sources.Fault{Sentence: fmt.Sprintf(sentence, s.host), Err: err}
}

func (s *session) close() error {
	if s.client == nil {
		return nil
	}
	return s.client.Close()
}

func (s *session) notice() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// until breaks the connection off when ctx ends, which ends any command that runs.
func (s *session) until(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { s.client.Close() })
}

// after returns the next mails whose UID is over uid, and the last UID among them.
func (s *session) after(uid uint32) ([]letter, uint32, error) {
	found, err := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(uid + 1), Stop: 0}}}}, nil).Wait()
	if err != nil {
		return nil, uid, err
	}
	uids := slices.DeleteFunc(found.AllUIDs(), func(u imap.UID) bool { return uint32(u) <= uid }) // n:* gives the last one even below n
	slices.Sort(uids)
	if uids = uids[:min(batch, len(uids))]; len(uids) == 0 {
		return nil, uid, nil
	}
	part := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: maxLetter}}
	got, err := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{part}}).Collect()
	if err != nil {
		return nil, uid, err
	}
	slices.SortFunc(got, func(a, b *imapclient.FetchMessageBuffer) int { return int(a.UID) - int(b.UID) })
	var out []letter
	for _, m := range got {
		for _, raw := range m.BodySection {
			out = append(out, readLetter(raw.Bytes, m.InternalDate))
		}
	}
	return out, uint32(uids[len(uids)-1]), nil
}

// tidy deletes the mails up to uid, whose mentions are in the log.
func (s *session) tidy(uid uint32) error {
	if uid == 0 {
		return nil
	}
	set := imap.UIDSet{imap.UIDRange{Start: 1, Stop: imap.UID(uid)}}
	if err := s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
		return err
	}
	if s.client.Caps().Has(imap.CapUIDPlus) {
		return s.client.UIDExpunge(set).Close()
	}
	return s.client.Expunge().Close()
}

// wait returns when the server speaks of the folder, or after a while.
func (s *session) wait(ctx context.Context, poll time.Duration) error {
	if !s.client.Caps().Has(imap.CapIdle) {
		if err := s.quiet(ctx, poll); err != nil {
			return err
		}
		return s.client.Noop().Wait()
	}
	idle, err := s.client.Idle()
	if err != nil {
		return err
	}
	if err := s.quiet(ctx, refreshIn); err != nil {
		return err // the connection is closed; there is nobody to tell
	}
	return errors.Join(idle.Close(), idle.Wait())
}

// quiet returns nil when the folder changed or d has passed, and an error when there is nothing left to wait for.
func (s *session) quiet(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.changed:
	case <-t.C:
	case <-s.client.Closed():
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
