package email

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// The values of ?tls=. Without it port 465 means tls and every other port starttls.
const (
	startTLS = "starttls" // plain connection, upgraded before anything is said; a server without STARTTLS is an error
	implicit = "tls"
	noTLS    = "none"
)

// ErrURL is wrapped when EARSHOT_SMTP_URL cannot be used. The sentence never repeats the credentials.
var ErrURL = errors.New("EARSHOT_SMTP_URL")

const urlForm = "write smtp://user:password@host:port?tls=starttls, with %-signs for special characters in user and password"

// server is a parsed EARSHOT_SMTP_URL.
type server struct {
	host     string
	port     int
	tls      string
	user     string
	password string
}

func parseURL(raw string) (server, error) {
	bad := func(format string, args ...any) (server, error) {
		return server{}, fmt.Errorf("%w: %s; %s", ErrURL, fmt.Sprintf(format, args...), urlForm)
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil { // url.Error repeats the whole address, password and all
		return bad("it cannot be read as an address")
	}
	if u.Scheme != "smtp" {
		return bad("it does not begin with smtp://")
	}
	if u.Hostname() == "" {
		return bad("it names no host")
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return bad("it has something after the port that is not ?tls=")
	}
	s := server{host: u.Hostname(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	for k, v := range u.Query() {
		if k != "tls" || len(v) != 1 {
			return bad("it has a parameter other than one tls=")
		}
		s.tls = v[0]
	}
	switch s.tls {
	case startTLS, implicit, noTLS, "":
	default:
		return bad("tls is neither starttls, tls nor none")
	}
	if s.port, err = port(u.Port(), s.tls); err != nil {
		return bad("the port is not a number from 1 to 65535")
	}
	if s.tls == "" {
		s.tls = startTLS
		if s.port == 465 {
			s.tls = implicit
		}
	}
	switch {
	case s.user == "" && s.password != "":
		return bad("it has a password but no user")
	case s.tls == noTLS && s.password != "" && !loopback(s.host):
		return bad("tls=none would send the password to another machine in the clear")
	}
	return s, nil
}

func port(s, tls string) (int, error) {
	if s == "" {
		switch tls {
		case implicit:
			return 465, nil
		case noTLS:
			return 25, nil
		}
		return 587, nil
	}
	n, err := strconv.Atoi(s)
	if err == nil && (n < 1 || n > 65535) {
		err = strconv.ErrRange
	}
	return n, err
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func (s server) address() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }
