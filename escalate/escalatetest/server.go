package escalatetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Server is an SMTP server inside the test: TLS from the start, STARTTLS or none, login, and a Fail hook for each step.
type Server struct {
	Roots *x509.CertPool // trusts the server's certificate

	addr     string
	tls      string
	user     string
	password string

	mu      sync.Mutex
	mails   []*Mail
	fail    func(Step) error
	logins  int
	secure  []bool // of each mail: came over TLS
	arrived chan struct{}
}

// Step is where a Server may fail.
type Step struct {
	Name string // auth, mail, rcpt, data, end
	To   string // of rcpt and later
	N    int    // how many times this step came before
}

// ErrCut makes a Server cut the connection at that step instead of answering.
var ErrCut = errors.New("escalatetest: cut the connection")

// Busy is "not now", Never is "never", as a server says them.
var (
	Busy  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	Never = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
)

// NewServer starts a server on loopback; tlsMode is starttls, tls or none; with a user it wants a login.
func NewServer(t testing.TB, tlsMode, user, password string) *Server {
	t.Helper()
	s := &Server{tls: tlsMode, user: user, password: password, arrived: make(chan struct{}, 1)}
	cert, pool := certificate(t)
	s.Roots = pool
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{s: s, conn: c}, nil }))
	srv.Domain, srv.MaxMessageBytes, srv.MaxRecipients, srv.AllowInsecureAuth = "localhost", 1<<20, 10, tlsMode == "none"
	srv.ReadTimeout, srv.WriteTimeout, srv.ErrorLog = 10*time.Second, 10*time.Second, log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	conf := &tls.Config{Certificates: []tls.Certificate{cert}}
	switch tlsMode {
	case "tls":
		l = tls.NewListener(l, conf)
	case "starttls":
		srv.TLSConfig = conf
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(srv.Close(), l.Close()); err != nil && !errors.Is(err, net.ErrClosed) { // Serve may not have taken the listener yet
			t.Error(err)
		}
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}

// URL is what EARSHOT_SMTP_URL would hold.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.addr, RawQuery: "tls=" + s.tls}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	return u.String()
}

// Fail sets the hook; nil never fails. It may return ErrCut, Busy, Never or any *smtp.SMTPError.
func (s *Server) Fail(fn func(Step) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int{}
	s.fail = nil
	if fn != nil {
		s.fail = func(step Step) error {
			step.N = counts[step.Name]
			counts[step.Name]++
			return fn(step)
		}
	}
}

// Logins returns how many logins were accepted.
func (s *Server) Logins() int { s.mu.Lock(); defer s.mu.Unlock(); return s.logins }

// Secure reports whether at least one mail arrived and each came over TLS.
func (s *Server) Secure() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ok := range s.secure {
		if !ok {
			return false
		}
	}
	return len(s.secure) > 0
}

// Mails implements Mailboxes.
func (s *Server) Mails(t *testing.T, ids ...string) []*Mail {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		got := slices.Clone(s.mails)
		s.mu.Unlock()
		if Arrived(got, ids) {
			return got
		}
		select {
		case <-s.arrived:
		case <-deadline:
			t.Fatalf("%d mails arrived, not all of %v", len(got), ids)
		}
	}
}

func (s *Server) step(name, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail == nil {
		return nil
	}
	return s.fail(Step{Name: name, To: to})
}

type session struct {
	s    *Server
	conn *smtp.Conn
	to   string
	in   bool
}

var (
	_ smtp.Session     = (*session)(nil)
	_ smtp.AuthSession = (*session)(nil)
)

func (x *session) Reset()                   { x.to = "" }
func (x *session) Logout() error            { return nil }
func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := x.at("auth"); err != nil {
			return err
		}
		if user != x.s.user || password != x.s.password {
			// a careless server repeats what it was told; no error of ours may
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "wrong password " + password}
		}
		x.in = true
		x.s.mu.Lock()
		x.s.logins++
		x.s.mu.Unlock()
		return nil
	}), nil
}

func (x *session) at(step string) error {
	err := x.s.step(step, x.to)
	if errors.Is(err, ErrCut) {
		return errors.Join(err, x.conn.Conn().Close())
	}
	return err
}

func (x *session) Mail(string, *smtp.MailOptions) error {
	if x.s.user != "" && !x.in {
		return smtp.ErrAuthRequired
	}
	return x.at("mail")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.to = to
	return x.at("rcpt")
}

func (x *session) Data(r io.Reader) error {
	if err := x.s.step("data", x.to); err != nil {
		if errors.Is(err, ErrCut) { // in the middle of the words
			_, readErr := io.CopyN(io.Discard, r, 100)
			return errors.Join(err, readErr, x.conn.Conn().Close())
		}
		return err
	}
	m, err := ParseMail(r)
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "cannot read the mail: " + strings.ReplaceAll(err.Error(), "\n", " ")}
	}
	_, overTLS := x.conn.TLSConnectionState()
	x.s.mu.Lock()
	x.s.mails = append(x.s.mails, m)
	x.s.secure = append(x.s.secure, overTLS)
	x.s.mu.Unlock()
	select {
	case x.s.arrived <- struct{}{}:
	default:
	}
	return x.at("end") // the mail is taken; a cut here is the window that no client can close
}

func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
