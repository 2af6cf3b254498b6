package web

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// SourceForm is the form of a source as it is shown: what stands in each field, and what is wrong with it.
type SourceForm struct {
	Name, ID              FormField
	Options, Keys         []FormField
	Every, Rhythm, Nets   FormField
	AllTerms, Paused, New bool
	More                  bool // the part under "More" is open
	Was                   string
	Entered               string // names keys that were typed for a test and are not saved
	Problems              []FormProblem
}

// FormField is one field. The value of a key is never sent.
type FormField struct {
	ID, Label, Hint, Example, Value, Problem string
	Needed                                   bool
	Choices                                  []Choice
	IsSet                                    bool // of a key: one is stored
	Typed                                    bool // of a key: one was typed for a test and is not saved
	Gone                                     bool // of a key: it is to be removed
	Elsewhere                                bool // of a key: it was stored or typed for another server
}

// FormProblem is one line of the error summary; Field is the ID of the field it is about.
type FormProblem struct{ Field, Text string }

// draft is a form as it was sent: the source it makes, the keys it holds, and how it is shown again.
type draft struct {
	kind   sources.Connector
	source settings.Source
	keys   map[string]string // typed; empty: to be removed
	form   SourceForm
}

// blankForm is the form of a new source of a kind.
func blankForm(k sources.Connector) SourceForm {
	return formOf(k, settings.Source{Kind: k.Name, Name: k.Title}, nil, true)
}

// formOf shows src as it is in the settings.
func formOf(k sources.Connector, src settings.Source, keysSet []string, isNew bool) SourceForm {
	f := SourceForm{New: isNew, AllTerms: src.AllTerms, Paused: src.Paused, Was: fingerprint(src)}
	f.Name = FormField{ID: "name", Label: "Name of the source", Hint: "What colleagues call it, on Today and in mails.", Value: src.Name, Needed: true}
	f.ID = FormField{ID: "id", Label: "Short name", Hint: "In addresses and in sources.yaml; made of the name when left empty. It cannot be changed later.", Value: src.ID}
	for _, o := range k.Options {
		f.Options = append(f.Options, optionField(o, src.Options[o.Name]))
	}
	for _, o := range k.Keys {
		f.Keys = append(f.Keys, FormField{ID: "key-" + o.Name, Label: o.Label, Hint: o.Hint, Needed: o.Needed, IsSet: slices.Contains(keysSet, o.Name)})
	}
	f.Every = FormField{ID: "every", Label: "Ask every", Hint: everyHint(k), Example: "15m", Value: lengthOf(src.Every)}
	f.Rhythm = FormField{ID: "rhythm", Label: "Longest silence that is normal", Hint: "After that a notice is raised. 7 days when left empty.", Example: "36h", Value: lengthOf(src.Rhythm)}
	f.Nets = FormField{ID: "allow_net", Label: "Private networks it may reach", Hint: "Only for a server inside the council's own network; separate several by commas.",
		Example: "10.1.0.0/16", Value: strings.Join(src.AllowNet, ", ")}
	f.More = src.Every != 0 || src.Rhythm != 0 || src.AllTerms || len(src.AllowNet) > 0 || src.Paused
	return f
}

func optionField(o sources.Field, value string) FormField {
	f := FormField{ID: "option-" + o.Name, Label: o.Label, Hint: o.Hint, Example: o.Example, Value: value, Needed: o.Needed}
	if len(o.Values) == 0 {
		return f
	}
	chosen := cmp.Or(value, o.Values[0])
	values := o.Values
	if !slices.Contains(values, chosen) { // as a file may say it
		values = append(slices.Clone(values), chosen)
	}
	for _, v := range values {
		f.Choices = append(f.Choices, Choice{v, strings.ReplaceAll(v, "_", " "), v == chosen})
	}
	return f
}

func everyHint(k sources.Connector) string {
	hint := "A length of time such as 15m or 2h."
	if k.Every > 0 {
		hint += " " + sentence(span(k.Every)+" when left empty")
	}
	if k.PerDay > 0 {
		hint += " The platform allows about " + plural(k.PerDay, "request", "requests") + " a day."
	}
	return hint
}

func lengthOf(d settings.Duration) string {
	if d == 0 {
		return ""
	}
	s := d.String()
	for _, zero := range []string{"0s", "0m"} { // 15m0s, 36h0m0s
		if len(s) > len(zero) && (s[len(s)-len(zero)-1] == 'm' || s[len(s)-len(zero)-1] == 'h') {
			s = strings.TrimSuffix(s, zero)
		}
	}
	return s
}

// fingerprint tells whether somebody else changed a source meanwhile.
func fingerprint(s settings.Source) string {
	b, err := json.Marshal(s, json.Deterministic(true))
	if err != nil { // a struct of strings, numbers and lists
		panic("web: fingerprint of a source: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// readSource reads the form of a source. old is the source as it is, zero for a new one; taken are the IDs that are in use.
func readSource(k sources.Connector, old settings.Source, v url.Values, keysSet, taken []string, typed *entered) draft {
	isNew := old.ID == ""
	d := draft{kind: k, source: old, keys: map[string]string{}}
	d.source.Kind, d.source.Name = k.Name, strings.TrimSpace(v.Get("name"))
	d.source.AllTerms, d.source.Paused = v.Get("all") != "", v.Get("paused") != ""
	d.readOptions(old.Options, v)
	if isNew {
		d.source.ID = cmp.Or(strings.TrimSpace(v.Get("id")), freeID(d.source.Name, k.Name, taken))
	}
	every, rhythm := d.readLength(v, "every", &d.source.Every), d.readLength(v, "rhythm", &d.source.Rhythm)
	d.source.AllowNet = clean(v["allow_net"])
	d.form = formOf(k, d.source, keysSet, isNew)
	d.form.Was = v.Get("was")
	d.form.Every.Value, d.form.Rhythm.Value, d.form.ID.Value = v.Get("every"), v.Get("rhythm"), strings.TrimSpace(v.Get("id"))
	d.readKeys(v, old, typed)
	var problems []FormProblem
	wrong := func(field, format string, args ...any) {
		problems = append(problems, FormProblem{field, fmt.Sprintf(format, args...)})
	}
	if d.source.Name == "" {
		wrong("name", "Enter a name for the source.")
	}
	for i, o := range k.Options {
		if o.Needed && d.source.Options[o.Name] == "" {
			wrong(d.form.Options[i].ID, "Fill in “%s”.", o.Label)
		}
	}
	for i, f := range d.form.Keys {
		if f.Elsewhere {
			wrong(f.ID, "Enter “%s” again: the address leads to another server now, and a key goes only to the server for which it was entered.", f.Label)
		} else if f.Needed && !d.source.Paused && (f.Gone || !f.IsSet) && d.keys[k.Keys[i].Name] == "" {
			wrong(f.ID, "Enter the key “%s”.", f.Label)
		}
	}
	if isNew && !settings.ValidID(d.source.ID) {
		wrong("id", "The short name is up to 64 letters, digits, hyphens and underscores.")
	}
	if isNew && slices.Contains(taken, d.source.ID) {
		wrong("id", "There is a source with this short name already.")
	}
	d.refuse(slices.Concat(problems, every, rhythm))
	return d
}

// readLength reads a length of time into to; nothing is zero.
func (d *draft) readLength(v url.Values, field string, to *settings.Duration) []FormProblem {
	*to = 0
	s := strings.TrimSpace(v.Get(field))
	if s == "" {
		return nil
	}
	n, err := settings.ParseDuration(s)
	if err != nil || n <= 0 {
		return []FormProblem{{field, strconv.Quote(s) + " is not a length of time: write for example 15m, 36h or 14d."}}
	}
	*to = n
	return nil
}

// readOptions takes the options of the form over those of the settings; options that the connector does not list stay.
func (d *draft) readOptions(old map[string]string, v url.Values) {
	d.source.Options = maps.Clone(old)
	if d.source.Options == nil {
		d.source.Options = map[string]string{}
	}
	for _, o := range d.kind.Options {
		value := strings.TrimSpace(v.Get("option-" + o.Name))
		if value == "" || len(o.Values) > 0 && value == o.Values[0] && old[o.Name] == "" {
			delete(d.source.Options, o.Name)
			continue
		}
		d.source.Options[o.Name] = value
	}
	if len(d.source.Options) == 0 {
		d.source.Options = nil
	}
}

// readKeys takes keys as typed now, as typed for a test before, or marked to be removed. What was stored or typed for another server stays behind.
func (d *draft) readKeys(v url.Values, old settings.Source, typed *entered) {
	server := d.kind.Server(d.source)
	moved := old.ID != "" && d.kind.Server(old) != server
	elsewhere := map[string]string{}
	if typed != nil && d.kind.Server(typed.source) != server {
		elsewhere = typed.all()
	} else if typed != nil {
		d.keys = typed.all()
	}
	for i, k := range d.kind.Keys {
		f := &d.form.Keys[i]
		switch value := strings.TrimSpace(v.Get(f.ID)); {
		case value != "":
			d.keys[k.Name] = value
		case v.Get("remove-"+k.Name) != "":
			d.keys[k.Name] = ""
		}
		value, touched := d.keys[k.Name]
		f.Typed, f.Gone = value != "", touched && value == ""
		f.Elsewhere = !touched && (moved && f.IsSet || elsewhere[k.Name] != "")
	}
}

// refuse shows problems in the summary and beside their fields.
func (d *draft) refuse(problems []FormProblem) {
	d.form.Problems = append(d.form.Problems, problems...)
	fields := []*FormField{&d.form.Name, &d.form.ID, &d.form.Every, &d.form.Rhythm, &d.form.Nets}
	for _, list := range [][]FormField{d.form.Options, d.form.Keys} {
		for i := range list {
			fields = append(fields, &list[i])
		}
	}
	for _, p := range problems {
		for i, f := range fields {
			if f.ID == p.Field {
				f.Problem = p.Text
				d.form.More = d.form.More || i >= 1 && i <= 4
			}
		}
	}
}

var namesOption = regexp.MustCompile(`[a-z][a-z0-9_]*`)

// refuseFault shows what the connector or the settings say against the source, beside the option that the sentence names.
func (d *draft) refuseFault(err error) {
	for _, text := range sentencesOf(err) {
		p := FormProblem{"name", sentence(text)}
		words := namesOption.FindAllString(text, -1)
		if i := slices.IndexFunc(d.kind.Options, func(o sources.Field) bool { return slices.Contains(words, o.Name) }); i >= 0 {
			p.Field = d.form.Options[i].ID
		}
		d.refuse([]FormProblem{p})
	}
}

// sentencesOf parts a joined error into its sentences; of a settings fault it is the problem without the place in the file.
func sentencesOf(err error) []string {
	var f settings.Fault
	many, joined := err.(interface{ Unwrap() []error })
	switch {
	case joined:
		var out []string
		for _, e := range many.Unwrap() {
			out = append(out, sentencesOf(e)...)
		}
		return out
	case errors.As(err, &f):
		return []string{f.Problem}
	}
	return []string{err.Error()}
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// freeID makes a short name of a name.
func freeID(name, kind string, taken []string) string {
	base := strings.Trim(notSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
	base = strings.Trim(cmp.Or(base, kind)[:min(40, len(cmp.Or(base, kind)))], "-")
	id := base
	for n := 2; slices.Contains(taken, id); n++ {
		id = base + "-" + strconv.Itoa(n)
	}
	return id
}

// rhythmOf writes the rhythm that holds for a source.
func rhythmOf(s settings.Source) string {
	return span(time.Duration(cmp.Or(s.Rhythm, settings.Duration(sources.DefaultRhythm))))
}
