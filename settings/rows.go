package settings

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"time"
)

var (
	personColumns  = []string{"name", "job", "team", "grade", "handles", "also_known_as", "email", "manager_email", "group"}
	factColumns    = []string{"id", "statement", "topic", "source_url", "owner", "valid_from", "valid_to"}
	serviceColumns = []string{"id", "name", "manager_email"}
)

var identifier = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

const identifierRule = "an id is up to 64 letters, digits, _ . and -, and begins with a letter or digit"

// once reports a fault when key was seen before.
type once map[string]int

func (o once) again(file, what, key string, line int, r *report) bool {
	first, again := o[strings.ToLower(key)]
	if again {
		r.fault(file, line, "%s %q is given twice; the first is on line %d", what, key, first)
		return true
	}
	o[strings.ToLower(key)] = line
	return false
}

func readPeople(b []byte, r *report) []Person {
	var out []Person
	seen := once{}
	for _, row := range readCSV(PeopleFile, b, personColumns, []string{"name", "grade"}, r) {
		p := Person{Name: row.get("name"), Job: row.get("job"), Team: row.get("team"), Grade: Grade(strings.ToLower(row.get("grade"))),
			Handles: row.list("handles"), AlsoKnownAs: row.list("also_known_as"), Email: row.get("email"),
			ManagerEmail: row.get("manager_email"), Group: row.get("group"), Extra: row.extra}
		if p.Name == "" {
			r.fault(PeopleFile, row.line, "the name is empty")
			continue
		}
		switch p.Grade {
		case Senior, Junior, Member:
		case "":
			r.fault(PeopleFile, row.line, "the grade of %s is empty; write senior, junior or member", p.Name)
		default:
			r.fault(PeopleFile, row.line, "grade %q is unknown; write senior, junior or member", p.Grade)
		}
		if p.Group != "" && p.Grade != Member {
			r.fault(PeopleFile, row.line, "%s has a political group but is no member; leave group empty or write member as grade", p.Name)
		}
		checkAddress(PeopleFile, row.line, "email", p.Email, r)
		checkAddress(PeopleFile, row.line, "manager_email", p.ManagerEmail, r)
		seen.again(PeopleFile, "person", strings.Join([]string{p.Name, p.Job, p.Team}, ", "), row.line, r)
		out = append(out, p)
	}
	return out
}

func readFacts(b []byte, r *report) []Fact {
	var out []Fact
	seen := once{}
	for _, row := range readCSV(FactsFile, b, factColumns, []string{"id", "statement"}, r) {
		f := Fact{ID: row.get("id"), Statement: row.get("statement"), Topic: row.get("topic"), SourceURL: row.get("source_url"),
			Owner: row.get("owner"), Extra: row.extra}
		checkID(FactsFile, row.line, f.ID, r)
		if f.Statement == "" {
			r.fault(FactsFile, row.line, "fact %s has no statement", f.ID)
		}
		checkURL(FactsFile, row.line, "source_url", f.SourceURL, r)
		f.ValidFrom = readDay(FactsFile, row.line, "valid_from", row.get("valid_from"), r)
		f.ValidTo = readDay(FactsFile, row.line, "valid_to", row.get("valid_to"), r)
		if !f.ValidTo.IsZero() && f.ValidTo.Before(f.ValidFrom) {
			r.fault(FactsFile, row.line, "valid_to %s is before valid_from %s", f.ValidTo.Format(time.DateOnly), f.ValidFrom.Format(time.DateOnly))
		}
		seen.again(FactsFile, "fact", f.ID, row.line, r)
		out = append(out, f)
	}
	return out
}

// ValidID reports whether id may name a source, a term or a route.
func ValidID(id string) bool { return identifier.MatchString(id) }

func checkID(file string, line int, id string, r *report) {
	if !identifier.MatchString(id) {
		r.fault(file, line, "id %q cannot be used: %s", id, identifierRule)
	}
}

// checkAddress accepts an empty address and a bare one such as comms@example.gov.uk.
func checkAddress(file string, line int, column, address string, r *report) {
	if address != "" && !ValidAddress(address) {
		r.fault(file, line, "%s %q is not a mail address such as comms@example.gov.uk", column, address)
	}
}

// ValidAddress reports whether s is one bare mail address, without a display name.
func ValidAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && !strings.ContainsAny(s, "\r\n")
}

func checkURL(file string, line int, column, s string, r *report) {
	if s == "" {
		return
	}
	if u, err := url.Parse(s); err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		r.fault(file, line, "%s %q is not a web address; it begins with https:// or http://", column, s)
	}
}

// dayLayouts are the dates Excel writes in Britain, beside the one that sorts.
var dayLayouts = []string{time.DateOnly, "02/01/2006", "2/1/2006", "02-Jan-2006", "2 January 2006"}

func readDay(file string, line int, column, s string, r *report) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := parseDay(s)
	if err != nil {
		r.fault(file, line, "%s %v", column, err)
	}
	return t
}

func parseDay(s string) (time.Time, error) {
	for _, layout := range dayLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date; write for example 2026-04-01 or 01/04/2026", s)
}
