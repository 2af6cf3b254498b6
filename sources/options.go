package sources

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/settings"
)

// Options reads the options of one source while its connector is made, and gathers what is wrong with them. Values come without the space around
// them; one that is wrong comes as its zero value, so that New may go on and return Err at its end.
type Options struct {
	of     string
	values map[string]string
	faults []error
}

// OptionsOf makes the Options of s; of names it in sentences: "a Lemmy source".
func OptionsOf(s settings.Source, of string) *Options { return &Options{of: of, values: s.Options} }

// Err is what is wrong with the options, all of it.
func (o *Options) Err() error { return errors.Join(o.faults...) }

// Fault adds a sentence.
func (o *Options) Fault(format string, args ...any) {
	o.faults = append(o.faults, fmt.Errorf(format, args...))
}

// Text is an option as it was written.
func (o *Options) Text(name string) string { return strings.TrimSpace(o.values[name]) }

// Need is Text, of which there must be some; what says what it is: "the words to search for".
func (o *Options) Need(name, what string) string {
	v := o.Text(name)
	if v == "" {
		o.lacks(name, what)
	}
	return v
}

func (o *Options) lacks(name, what string) { o.Fault("%s needs the option %s, %s", o.of, name, what) }

// Site is an option that must be the address of a site, without a slash at its end; see WebAddress.
func (o *Options) Site(name, what string) *url.URL {
	u, ok := WebAddress(strings.TrimRight(o.Text(name), "/"))
	if !ok {
		o.lacks(name, what)
		return &url.URL{}
	}
	return u
}

// Number is an option that must be a number, such as an account's.
func (o *Options) Number(name, what string) string {
	v := o.Text(name)
	if v == "" || strings.Trim(v, "0123456789") != "" {
		o.lacks(name, what)
	}
	return v
}

// List is an option that must name something; see ListOption.
func (o *Options) List(name, what string) []string {
	return o.some(name, what, ListOption(o.values[name]))
}

// Parts is List of things that semicolons separate; see PartsOption.
func (o *Options) Parts(name, what string) []string {
	return o.some(name, what, PartsOption(o.values[name], ";"))
}

// Tags is List of hashtags or phrases; see TagsOption.
func (o *Options) Tags(name, what string) []string {
	return o.some(name, what, TagsOption(o.values[name]))
}

func (o *Options) some(name, what string, list []string) []string {
	if len(list) == 0 {
		o.lacks(name, what)
	}
	return list
}

// Choice is an option that must be one of values; the first is meant when it says nothing.
func (o *Options) Choice(name string, values ...string) string {
	v := o.Text(name)
	if v == "" {
		return values[0]
	}
	if !slices.Contains(values, v) {
		last := len(values) - 1
		o.Fault("%s is %q; write %s or %s", name, v, strings.Join(values[:last], ", "), values[last])
	}
	return v
}

// ListOption reads an option that holds several names, separated by commas or spaces, without repetitions.
func ListOption(s string) []string {
	return distinct(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }))
}

// PartsOption reads an option that holds several things with spaces in them, separated by sep, without repetitions.
func PartsOption(s, sep string) []string {
	parts := strings.Split(s, sep)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return distinct(parts)
}

// TagsOption is PartsOption of hashtags or phrases, separated by commas, with or without #.
func TagsOption(s string) []string {
	tags := PartsOption(s, ",")
	for i := range tags {
		tags[i] = strings.TrimSpace(strings.TrimPrefix(tags[i], "#"))
	}
	return distinct(tags)
}

func distinct(list []string) (out []string) {
	for _, v := range list {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// WebAddress reads an option that is the address of a site; false when it is none that begins with https:// or http://.
func WebAddress(s string) (*url.URL, bool) {
	u, err := url.Parse(s)
	return u, err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// Address is that of a path under base, with the parameters of q.
func Address(base *url.URL, q url.Values, path ...string) string {
	u := base.JoinPath(path...)
	u.RawQuery = q.Encode()
	return u.String()
}

// Every is the time from one question to the next: that of the settings, or else the connector's.
func Every(s settings.Source, usual time.Duration) time.Duration {
	if s.Every > 0 {
		return time.Duration(s.Every)
	}
	return usual
}

// Accounts are the council's own on a platform: what they write is no mention of it.
type Accounts []string

// AccountsOption reads an option that holds IDs or names of accounts, with or without @.
func AccountsOption(s string) Accounts {
	list := ListOption(s)
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], "@")
	}
	return list
}

// Has says whether any of some IDs and names is among them. Names may be in any case.
func (a Accounts) Has(names ...string) bool {
	for _, own := range a {
		for _, name := range names {
			if name != "" && strings.EqualFold(own, strings.TrimPrefix(name, "@")) {
				return true
			}
		}
	}
	return false
}

// Wrote says whether m is of one of them.
func (a Accounts) Wrote(m *Mention) bool { return len(a) > 0 && a.Has(m.Author.ID, m.Author.Handle) }
