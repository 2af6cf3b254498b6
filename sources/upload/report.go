package upload

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Report is what somebody hands in. At least one of Files, URL and Note is needed.
type Report struct {
	Files    []File
	URL      string // of the post, http or https
	Note     string
	Relation string // me, colleague or council; empty: council
	Contact  string // how the reporter may be reached, if they wish
	Account  string // of the reporter, when signed in
	Key      string // the header Idempotency-Key: the same key, account and content make the same report
}

// File is one file of a report. Open may be called again and gives the same bytes.
type File struct {
	Name string // as the sender calls it; used in sentences only
	Size int64  // bytes
	Open func() (io.ReadSeekCloser, error)
}

var relations = []string{"me", "colleague", "council"}

// tidy brings the fields into one form and returns every reason to refuse them.
func (r *Report) tidy() error {
	r.URL, r.Note, r.Contact = strings.TrimSpace(r.URL), strings.TrimSpace(r.Note), strings.TrimSpace(r.Contact)
	if r.Relation == "" {
		r.Relation = "council"
	}
	var errs []error
	if len(r.Files) == 0 && r.URL == "" && r.Note == "" {
		errs = append(errs, refuse(Nothing, "files", "There is nothing in the report. Add a picture, a link or a few words."))
	}
	if len(r.Files) > MaxFiles {
		errs = append(errs, refuse(TooMany, "files", "There are %d pictures; one report takes at most %d. Send the others in a second report.", len(r.Files), MaxFiles))
	}
	if !slices.Contains(relations, r.Relation) {
		errs = append(errs, refuse(BadField, "relation", "Say whom it is about: me, colleague or council."))
	}
	for _, f := range []struct {
		field, value string
		most         int
	}{{"url", r.URL, MaxURLBytes}, {"note", r.Note, MaxNoteBytes}, {"contact", r.Contact, MaxContactBytes}, {"Idempotency-Key", r.Key, MaxKeyBytes}} {
		if len(f.value) > f.most {
			errs = append(errs, refuse(BadField, f.field, "The %s is longer than %d bytes. Shorten it.", f.field, f.most))
		} else if !utf8.ValidString(f.value) {
			errs = append(errs, refuse(BadField, f.field, "The %s is not readable as UTF-8 text. Type it again.", f.field))
		}
	}
	if r.URL != "" && !webAddress(r.URL) {
		errs = append(errs, refuse(BadField, "url", "The link is not a web address. It begins with https:// and can be copied with the post's Share button."))
	}
	return errors.Join(errs...)
}

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

func lower(s string) string { return strings.ToLower(s) }
