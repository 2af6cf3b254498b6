package mailbox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"earshot/sources"
)

// platform is what a mail is of that no template knows.
const platform = "mail"

// mentions makes mentions of a mail: none of one that is not genuine or that is private, several of a digest.
func (b *box) mentions(x *letter) []sources.Mention {
	if !x.genuine(b.receiver) {
		b.deps.Logger().Info("a mail is left alone: the receiving server does not vouch for its sender", "source", b.source.ID)
		return nil
	}
	t := x.template()
	switch {
	case x.private():
		return nil
	case t == nil:
		return x.asText()
	case t.private:
		return nil
	case t.digest:
		if ms := x.digest(t); len(ms) > 0 {
			return ms
		}
		return x.asText()
	}
	m := x.mention(t.platform, t.public)
	m.Kind, m.Title = t.kind, x.subject
	m.Author.Name = group(t, x.subject, "author")
	m.Text = x.said()
	m.Permalink = t.link(x.links)
	m.Truncated = strings.HasSuffix(m.Text, "…") || strings.HasSuffix(m.Text, "...")
	return []sources.Mention{m}
}

// asText keeps what no template takes apart.
func (x *letter) asText() []sources.Mention {
	m := x.mention(platform, "unknown")
	m.Kind, m.Title, m.Text = sources.Message, x.subject, strings.TrimSpace(x.text)
	return []sources.Mention{m}
}

func (x *letter) mention(platform, visibility string) sources.Mention {
	return sources.Mention{ID: platform + ":mail:" + cutID(x.id), Platform: platform, CreatedAt: x.date, Visibility: visibility, MatchedBy: []string{"mention"}}
}

// cutID keeps an id that a sender chose within bounds.
func cutID(id string) string {
	if len(id) > sources.MaxIDBytes/2 {
		return hash([]byte(id))
	}
	return id
}

func (x *letter) template() *template {
	_, domain, _ := strings.Cut(x.from, "@")
	for i := range templates {
		t := &templates[i]
		if slices.ContainsFunc(t.domains, func(d string) bool { return under(domain, d) }) && t.subject.MatchString(x.subject) {
			return t
		}
	}
	return nil
}

// private says that a platform tells of a message between two people, in words that its templates need not know.
func (x *letter) private() bool {
	_, domain, _ := strings.Cut(x.from, "@")
	return private.MatchString(x.subject) && slices.ContainsFunc(templates, func(t template) bool {
		return t.private && slices.ContainsFunc(t.domains, func(d string) bool { return under(domain, d) })
	})
}

func under(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}

func group(t *template, s, name string) string {
	m := t.subject.FindStringSubmatch(s)
	if i := t.subject.SubexpIndex(name); m != nil && i >= 0 {
		return strings.TrimSpace(m[i])
	}
	return ""
}

// said is what somebody wrote, without the platform's own words around it.
func (x *letter) said() string {
	text := x.text
	if at := footer.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	text = sources.CleanText(furniture.ReplaceAllString(text, ""))
	lines := strings.Split(text, "\n")
	if len(lines) > 1 && strings.EqualFold(strings.TrimRight(lines[0], ".:"), strings.TrimRight(x.subject, ".:")) { // many begin with their subject
		text = strings.TrimSpace(strings.Join(lines[1:], "\n"))
	}
	if text == "" {
		return x.subject
	}
	return strings.Trim(text, `"“”`)
}

// link is the first link that leads to the platform, without the trackers around it. None is fetched.
func (t *template) link(links []string) string {
	hosts := t.hosts
	if hosts == nil {
		hosts = t.domains
	}
	for _, l := range links {
		if u := t.unwrapped(l); u != nil && slices.ContainsFunc(hosts, func(h string) bool { return under(strings.ToLower(u.Hostname()), h) }) && strings.Trim(u.Path, "/") != "" &&
			!strings.Contains(strings.ToLower(u.Path), "unsubscribe") {
			return u.String()
		}
	}
	return ""
}

// unwrapped reads a link, and takes out of a redirect the address it leads to where that stands in a parameter.
func (t *template) unwrapped(link string) *url.URL {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	for _, p := range append(t.unwrap, "u", "url") {
		if in, err := url.Parse(u.Query().Get(p)); err == nil && in.Host != "" && (in.Scheme == "https" || in.Scheme == "http") {
			return in
		}
	}
	return u
}

// digest makes a mention of each thing in a mail of many: a paragraph with its link.
func (x *letter) digest(t *template) []sources.Mention {
	text := x.text
	if at := footer.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	var out []sources.Mention
	for _, part := range strings.Split(text, "\n\n") {
		said := sources.CleanText(furniture.ReplaceAllString(stripLinks(part), ""))
		u := x.target(t, part)
		if u == "" || said == "" {
			continue
		}
		title, rest, _ := strings.Cut(said, "\n")
		m := x.mention(t.platform, t.public)
		m.ID = fmt.Sprintf("%s:mail:%s", t.platform, hash([]byte(u))) // the same article in tomorrow's mail is one mention
		m.Kind, m.Title, m.Text, m.Permalink, m.Truncated = t.kind, title, strings.TrimSpace(rest), u, true
		m.CreatedPrecision = "indexed"
		out = append(out, m)
	}
	return out
}

// target is where a paragraph's own link leads.
func (x *letter) target(t *template, part string) string {
	for _, l := range plainLinks(part) {
		if u := t.unwrapped(l); u != nil && strings.Trim(u.Path, "/") != "" {
			return u.String()
		}
	}
	return ""
}

func stripLinks(s string) string {
	out := make([]string, 0, 8)
	for line := range strings.SplitSeq(s, "\n") {
		words := slices.DeleteFunc(strings.Fields(line), func(w string) bool { return strings.Contains(w, "https://") || strings.Contains(w, "http://") })
		out = append(out, strings.Join(words, " "))
	}
	return strings.Join(out, "\n")
}
