package sources

import (
	"net/url"
	"slices"
	"strings"
)

// ListOption reads an option that holds several names, separated by commas or spaces, without repetitions.
func ListOption(s string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// WebAddress reads an option that is the address of a site; false when it is none that begins with https:// or http://.
func WebAddress(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	return u, err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
