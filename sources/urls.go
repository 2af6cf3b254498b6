package sources

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// tracking are query parameters that say who shared a link, not what it is. Names that end in * are prefixes.
var tracking = map[string]bool{
	"fbclid": true, "gclid": true, "dclid": true, "gbraid": true, "wbraid": true, "msclkid": true, "yclid": true, "twclid": true,
	"ttclid": true, "li_fat_id": true, "igshid": true, "igsh": true, "mc_cid": true, "mc_eid": true, "_ga": true, "_gl": true,
	"ref_src": true, "ref_url": true, "mkt_tok": true, "vero_id": true, "oly_anon_id": true, "oly_enc_id": true, "s_cid": true,
	"mibextid": true, "__cft__[0]": true, "__tn__": true, "rdid": true, "share_id": true, "wt_mc": true, "cmpid": true, "ns_campaign": true,
	"at_medium": true, "at_campaign": true, "_hsenc": true, "_hsmi": true, "hsctatracking": true,
}

// CleanURL is the normal form of a link to a page: http or https, no user or password, no tracking parameters, https where the
// host is a name without port. Everything else becomes empty.
func CleanURL(raw string) string {
	u := parseWeb(raw)
	if u == nil {
		return ""
	}
	if u.Scheme == "http" && u.Port() == "" && strings.Contains(u.Host, ".") {
		if _, err := netip.ParseAddr(u.Hostname()); err != nil {
			u.Scheme = "https"
		}
	}
	u.RawQuery = withoutTracking(u.RawQuery)
	u.ForceQuery = false
	if strings.HasPrefix(u.Fragment, ":~:") { // a highlight of the one who shared it
		u.Fragment, u.RawFragment = "", ""
	}
	return short(u.String())
}

// webURL checks a link to a picture and leaves its parameters alone: they are often signed.
func webURL(raw string) string {
	u := parseWeb(raw)
	if u == nil {
		return ""
	}
	return short(u.String())
}

func parseWeb(raw string) *url.URL {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > 4*maxURLBytes {
		return nil
	}
	u, err := url.Parse(fixUTF8(raw))
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	u.Host, u.User = strings.ToLower(u.Host), nil
	return u
}

// short refuses what is too long: half a link leads nowhere.
func short(s string) string {
	if len(s) > maxURLBytes {
		return ""
	}
	return s
}

// withoutTracking keeps the other parameters as they were written, in their order.
func withoutTracking(query string) string {
	if query == "" {
		return ""
	}
	parts := strings.Split(query, "&")
	kept := slices.DeleteFunc(parts, func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		if n, err := url.QueryUnescape(name); err == nil {
			name = n
		}
		name = strings.ToLower(name)
		return p == "" || strings.HasPrefix(name, "utm_") || strings.HasPrefix(name, "pk_") || strings.HasPrefix(name, "mtm_") ||
			strings.HasPrefix(name, "__cft__") || tracking[name]
	})
	return strings.Join(kept, "&")
}

func normaliseLinks(m *Mention) {
	m.Permalink = CleanURL(m.Permalink)
	links := m.Links
	m.Links = nil
	add := func(raw string) {
		if u := CleanURL(raw); u != "" && len(m.Links) < maxLinks && !slices.Contains(m.Links, u) {
			m.Links = append(m.Links, u)
		}
	}
	for _, l := range links {
		add(l)
	}
	for rest := m.Text; ; {
		i := strings.Index(rest, "://")
		if i < 0 {
			return
		}
		start := i
		for start > 0 && rest[start-1]|0x20 >= 'a' && rest[start-1]|0x20 <= 'z' {
			start--
		}
		end := i + 3 + strings.IndexFunc(rest[i+3:]+" ", endsURL)
		add(trimURL(rest[start:end]))
		rest = rest[end:]
	}
}

func endsURL(r rune) bool {
	return r <= ' ' || strings.ContainsRune("<>\"“”«»`{}|\\^", r)
}

// trimURL takes off the punctuation of the sentence around a link, and a closing bracket that the link did not open.
func trimURL(s string) string {
	for s != "" {
		c := s[len(s)-1]
		switch {
		case strings.IndexByte(".,;:!?'*_~", c) >= 0,
			c == ')' && strings.Count(s, "(") < strings.Count(s, ")"),
			c == ']' && strings.Count(s, "[") < strings.Count(s, "]"):
			s = s[:len(s)-1]
		default:
			if t, ok := strings.CutSuffix(s, "…"); ok {
				s = t
				continue
			}
			return s
		}
	}
	return s
}

// serverOf names the server of an address, whose port is left out where it is the usual one. One without encryption is another server.
func serverOf(address string) string {
	address = strings.ToLower(strings.TrimSpace(address))
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return address
	case u.Scheme == "http":
		return "http://" + strings.TrimSuffix(u.Host, ":80")
	}
	return strings.TrimSuffix(u.Host, ":443")
}
