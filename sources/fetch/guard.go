package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"earshot/sources"
)

// ErrPrivate is wrapped by the error of a connection to an address that is not public.
var ErrPrivate = errors.New("fetch: address is not public")

// guard opens connections to public addresses, and to those of the allow list.
type guard struct {
	dialer   net.Dialer
	resolver *net.Resolver
	names    []string // "localhost", "wiki.example.gov.uk:8443", lower case
	nets     []netip.Prefix
}

// newGuard reads the allow list: host names, host:port, addresses, and networks as 10.1.0.0/16.
func newGuard(allow []string) (*guard, error) {
	g := &guard{dialer: net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}, resolver: net.DefaultResolver}
	var faults []error
	for _, a := range allow {
		a = strings.ToLower(strings.TrimSpace(a))
		switch p, err := netip.ParsePrefix(a); {
		case err == nil:
			g.nets = append(g.nets, p.Masked())
		case a == "" || strings.ContainsAny(a, "/*? "):
			faults = append(faults, fmt.Errorf("allow_net holds %q; write a name (localhost), a name with port (127.0.0.1:8080) or a network "+
				"(10.1.0.0/16)", a))
		default:
			g.names = append(g.names, a)
		}
	}
	return g, errors.Join(faults...)
}

// DialContext opens a connection to the first address of the name that is public or allowed and answers.
func (g *guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	named := g.allowsName(host, port)
	var errs []error
	for _, a := range addrs {
		if !named && !g.allows(a) {
			errs = append(errs, refused(host))
			continue
		}
		c, err := g.dialer.DialContext(ctx, network, netip.AddrPortFrom(a.Unmap(), portNumber(port)).String())
		if err == nil {
			return c, nil
		}
		errs = append(errs, err)
	}
	for _, err := range errs { // say that it was refused only when nothing else went wrong
		if !errors.Is(err, ErrPrivate) {
			return nil, err
		}
	}
	return nil, errs[0]
}

func portNumber(s string) uint16 {
	p, err := net.LookupPort("tcp", s)
	if err != nil {
		return 0
	}
	return uint16(p)
}

// refusal is a private address: it stops the source, and wraps ErrPrivate besides.
type refusal struct{ sentence string }

func (r *refusal) Error() string   { return r.sentence }
func (r *refusal) Unwrap() []error { return []error{sources.ErrStop, ErrPrivate} }

func refused(host string) error {
	return &refusal{fmt.Sprintf("%s lies on a private network, which sources may not read. If it is the council's own, add %q to the "+
		"source's allow_net.", host, host)}
}

func (g *guard) allowsName(host, port string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.Contains(g.names, host) || slices.Contains(g.names, net.JoinHostPort(host, port))
}

func (g *guard) allows(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	for _, p := range g.nets {
		if p.Contains(a) {
			return true
		}
	}
	return IsPublic(a)
}

// notPublic are the networks that are not global unicast for everybody (IANA special-purpose registries), beyond what netip tells.
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "::/96", "100::/64", "2001:2::/48", "2001:10::/28", "2001:20::/28",
	"2001:db8::/32", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) (out []netip.Prefix) {
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

var (
	sixToFour  = netip.MustParsePrefix("2002::/16")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	teredo     = netip.MustParsePrefix("2001::/32")
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")
)

// IsPublic says that a belongs to the open Internet: global unicast, not reserved, and neither is the IPv4 address it may carry.
func IsPublic(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	if a.Is4() {
		return true
	}
	b := a.As16()
	switch {
	case nat64Local.Contains(a):
		return false
	case sixToFour.Contains(a):
		return IsPublic(netip.AddrFrom4([4]byte(b[2:6])))
	case nat64.Contains(a), translated.Contains(a):
		return IsPublic(netip.AddrFrom4([4]byte(b[12:16])))
	case teredo.Contains(a): // carries a server's address and the client's, inverted
		client := [4]byte{^b[12], ^b[13], ^b[14], ^b[15]}
		return IsPublic(netip.AddrFrom4([4]byte(b[4:8]))) && IsPublic(netip.AddrFrom4(client))
	}
	return true
}
