package mailbox

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"
)

// genuine says whether the council's own mail server, named receiver, found that the mail comes from its sender's domain (RFC 8601). Servers write
// their header above what was there, so the first one with the name counts; a forger's stands below it.
func (x *letter) genuine(receiver string) bool {
	_, domain, ok := strings.Cut(x.from, "@")
	if !ok {
		return false
	}
	for _, line := range x.results {
		id, results, err := authres.Parse(line)
		if err != nil || !strings.EqualFold(id, receiver) {
			continue
		}
		for _, r := range results {
			switch r := r.(type) {
			case *authres.DMARCResult:
				if r.Value == authres.ResultPass && aligned(r.From, domain) {
					return true
				}
			case *authres.DKIMResult:
				if r.Value == authres.ResultPass && aligned(r.Domain, domain) {
					return true
				}
			}
		}
		return false
	}
	return false
}

// aligned says that two domains belong to one organisation (RFC 7489, 3.1.1, relaxed).
func aligned(a, b string) bool {
	x, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(a))
	if err != nil {
		return false
	}
	y, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(b))
	return err == nil && x == y
}
