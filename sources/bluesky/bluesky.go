package bluesky

import (
	"errors"
	"fmt"
	"strings"

	"earshot/settings"
	"earshot/sources"
)

var _ sources.Factory = New

// New makes the stream or the search that the option mode names.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	switch mode := s.Options["mode"]; mode {
	case "", "stream":
		return newStream(s, d)
	case "search":
		return newSearch(s, d)
	default:
		return nil, fmt.Errorf("mode is %q; write stream (everything public, as it is published) or search", mode)
	}
}

// accountsOf reads the option account.
func accountsOf(s settings.Source) ([]string, error) {
	var out []string
	for a := range strings.SplitSeq(s.Options["account"], ",") {
		switch a = strings.TrimSpace(a); {
		case a == "":
		case strings.HasPrefix(a, "did:"):
			out = append(out, a)
		default:
			return nil, errors.New("account must hold DIDs, such as did:plc:ewvi7nxzyoun6zhxrhs64oiz; Bluesky's settings show the account's own")
		}
	}
	return out, nil
}
