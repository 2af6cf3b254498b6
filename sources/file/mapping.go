package file

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Mapping is a mapping file: how the exports of one tool are read, written down once.
type Mapping struct {
	Platform string            `yaml:"platform"`
	Columns  map[string]string `yaml:"columns"`   // field of a mention: column of the file
	Dates    string            `yaml:"dates"`     // such as DD/MM/YYYY hh:mm; empty: the usual forms
	TimeZone string            `yaml:"time_zone"` // of dates without one; empty: Europe/London
	Encoding string            `yaml:"encoding"`  // utf-8 or windows-1252; empty: told apart row by row
	Kind     string            `yaml:"kind"`      // of mentions whose row names none: comment, review, ...
	Sheet    string            `yaml:"sheet"`     // of a spreadsheet; empty: the one that was open when it was saved
}

// Encodings are what Mapping.Encoding may be.
const (
	utf8Encoding = "utf-8"
	windows1252  = "windows-1252"
)

// dateWords turns the words of a date's form into Go's.
var dateWords = strings.NewReplacer("YYYY", "2006", "YY", "06", "MMMM", "January", "MMM", "Jan", "MM", "01", "M", "1", "DDDD", "Monday", "DDD", "Mon",
	"DD", "02", "D", "2", "hh", "15", "h", "3", "mm", "04", "ss", "05", "am", "PM", "zz", "-07:00", "z", "MST")

// layoutOf reads a date's form such as DD/MM/YYYY hh:mm.
func layoutOf(form string) (string, error) {
	layout := dateWords.Replace(form)
	at := time.Date(2031, 10, 23, 14, 45, 56, 0, time.UTC)
	if got, err := time.Parse(layout, at.Format(layout)); err != nil || got.Year() != 2031 || got.Month() != 10 || got.Day() != 23 {
		return "", fmt.Errorf("dates is %q; write the form of a whole date with YYYY, MM, DD, hh, mm and ss, such as DD/MM/YYYY hh:mm", form)
	}
	return layout, nil
}

// ParseMapping reads a mapping file. Its error joins a sentence for every mistake.
func ParseMapping(b []byte) (Mapping, error) {
	var m Mapping
	d := yaml.NewDecoder(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff")))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		return m, fmt.Errorf("the mapping file cannot be read: %s; its members are platform, columns, dates, time_zone, encoding, kind and sheet",
			strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if handle, ok := m.Columns["author"]; ok {
		delete(m.Columns, "author")
		m.Columns["author.handle"] = handle
	}
	return m, m.Validate()
}

// Validate says what cannot be used in m: one error that joins a sentence for every mistake.
func (m Mapping) Validate() error {
	var errs []error
	for to, from := range m.Columns {
		if !slices.Contains(fields, to) {
			errs = append(errs, fmt.Errorf("a mention has no field %q; known are %s", to, strings.Join(fields, ", ")))
		}
		if from == "" {
			errs = append(errs, fmt.Errorf("columns names no column for %s", to))
		}
	}
	if m.Columns["text"] == "" {
		errs = append(errs, errors.New("columns must say which column holds the text, such as text: Message"))
	}
	if m.Platform == "" && m.Columns["platform"] == "" {
		errs = append(errs, errors.New("platform is missing, such as platform: facebook"))
	}
	if m.Dates != "" {
		_, err := layoutOf(m.Dates)
		errs = append(errs, err)
	}
	if _, err := time.LoadLocation(m.TimeZone); err != nil {
		errs = append(errs, fmt.Errorf("time_zone %q is unknown; write for example Europe/London", m.TimeZone))
	}
	if m.Encoding != "" && m.Encoding != utf8Encoding && m.Encoding != windows1252 {
		errs = append(errs, fmt.Errorf("encoding is %q; known are %s and %s", m.Encoding, utf8Encoding, windows1252))
	}
	return errors.Join(errs...)
}

// Options are o with what m says, where o does not say otherwise.
func (m Mapping) Options(o Options) Options {
	merged := map[string]string{}
	for to, from := range m.Columns {
		merged[to] = from
	}
	for to, from := range o.Map {
		merged[to] = from
	}
	o.Map = merged
	if o.Platform == "" {
		o.Platform = m.Platform
	}
	if o.Location == nil && m.TimeZone != "" {
		if l, err := time.LoadLocation(m.TimeZone); err == nil { // ParseMapping has asked
			o.Location = l
		}
	}
	if layout, err := layoutOf(m.Dates); m.Dates != "" && err == nil {
		o.DateLayout = layout
	}
	o.Encoding, o.Kind, o.Sheet = m.Encoding, m.Kind, m.Sheet
	return o
}
