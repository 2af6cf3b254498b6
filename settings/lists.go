package settings

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// readTerms leaves what a query and a subject may be to the watch terms' own compiler.
func readTerms(b []byte, r *report) []Term {
	var file struct {
		Terms []Term `yaml:"terms"`
	}
	d := readYAML(TermsFile, b, &file, r)
	seen := once{}
	for i, t := range file.Terms {
		line := d.line(at("terms", i))
		checkID(TermsFile, line, t.ID, r)
		seen.again(TermsFile, "term", t.ID, line, r)
		if strings.TrimSpace(t.Query) == "" {
			r.fault(TermsFile, line, "term %q has no query, such as the council's name", t.ID)
		}
	}
	return file.Terms
}

var secretOption = regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|private_?key|credential)`)

func readSources(b []byte, r *report) []Source {
	var file struct {
		Sources []Source `yaml:"sources"`
	}
	d := readYAML(SourcesFile, b, &file, r)
	seen := once{}
	for i, s := range file.Sources {
		path := at("sources", i)
		line := d.line(path)
		checkID(SourcesFile, line, s.ID, r)
		seen.again(SourcesFile, "source", s.ID, line, r)
		if s.Kind == "" {
			r.fault(SourcesFile, line, "source %q has no kind, such as feed, bluesky or mastodon", s.ID)
		}
		for _, option := range slices.Sorted(maps.Keys(s.Options)) {
			if secretOption.MatchString(option) && !strings.HasSuffix(option, "_url") {
				d.fault(path+".options."+option, "option %s of source %q looks like a key; keys are entered on the sources page and never stand in a file", option, s.ID)
			}
		}
	}
	return file.Sources
}

var (
	labels    = []string{"complaint", "trolling", "abuse", "inaccuracy", "junior_officer"}
	risks     = []string{"threat", "self_harm", "safeguarding", "emergency", "any"}
	targets   = []string{"", "staff", "member", "both", "other"}
	audiences = []string{"comms", "hr", "monitoring", "on_call"}
	inboxes   = []string{"inbox:publicity", "inbox:hr", "inbox:monitoring", "inbox:on_call", "none"}
)

func readRoutes(b []byte, f *Folder, r *report) Routes {
	var routes Routes
	d := readYAML(RoutesFile, b, &routes, r)
	seen := once{}
	for i, x := range routes.Routes {
		path := at("routes", i)
		line := d.line(path)
		checkID(RoutesFile, line, x.ID, r)
		seen.again(RoutesFile, "route", x.ID, line, r)
		d.oneOf(path+".labels", "label", x.Labels, labels)
		d.oneOf(path+".risk", "risk", x.Risk, risks)
		d.oneOf(path+".services", "service", x.Services, serviceIDs(f.Services))
		d.oneOf(path+".audience", "audience", []string{x.Audience}, audiences)
		if !slices.Contains(targets, x.Target) {
			d.fault(path+".target", "target %q is unknown; known are staff, member, both and other", x.Target)
		}
		if x.MinScore < 0 || x.MinScore > 1 {
			d.fault(path+".min_score", "min_score %v is not between 0 and 1", x.MinScore)
		}
		for j, to := range x.Receivers {
			switch {
			case slices.Contains(inboxes, to), ValidAddress(to):
			case strings.HasPrefix(to, "inbox:"):
				d.fault(at(path+".receivers", j), "receiver %q is unknown%s", to, didYouMean(to, inboxes))
			default:
				d.fault(at(path+".receivers", j), "receiver %q is neither a mail address nor one of %s", to, list(inboxes))
			}
		}
		if _, ok := f.Templates[x.Template]; x.Template != "" && !ok {
			d.fault(path+".template", "template %q is not in templates/%s", x.Template, didYouMean(x.Template, slices.Collect(maps.Keys(f.Templates))))
		}
	}
	return routes
}

// oneOf reports every value that is not known.
func (d *document) oneOf(path, what string, values, known []string) {
	for i, v := range values {
		if !slices.Contains(known, v) {
			d.fault(at(path, i), "%s %q is unknown%s", what, v, didYouMean(v, known))
		}
	}
}

var modes = []string{"pre-election", "emergency"}

func readModes(b []byte, loc *time.Location, r *report) Modes {
	var file struct {
		Periods []struct {
			Mode   string `yaml:"mode"`
			Start  Moment `yaml:"start"`
			End    Moment `yaml:"end"`
			By     string `yaml:"by"`
			Reason string `yaml:"reason"`
		} `yaml:"periods"`
	}
	d := readYAML(ModesFile, b, &file, r)
	var out Modes
	for i, p := range file.Periods {
		path := at("periods", i)
		d.oneOf(path+".mode", "mode", []string{p.Mode}, modes)
		start, err := p.Start.In(loc)
		if err != nil {
			d.fault(path+".start", "start %v", err)
		}
		var end time.Time // zero while nobody knows when it will be over
		if p.End.Text != "" {
			if end, err = p.End.In(loc); err != nil {
				d.fault(path+".end", "end %v", err)
			} else if !end.After(start) {
				d.fault(path+".end", "end %s is not after start %s", p.End.Text, p.Start.Text)
			}
		} else if p.Mode == "pre-election" {
			d.fault(path, "a pre-election period needs an end")
		}
		out.Periods = append(out.Periods, Period{Mode: p.Mode, Start: start, End: end, By: p.By, Reason: p.Reason})
	}
	return out
}

// Defaults and bounds of retention.yaml.
const (
	day = Duration(24 * time.Hour)

	DefaultTextRetention = 365 * day // P28
	DefaultLogRetention  = 14 * day
	MaxLogRetention      = 30 * day // so that an erasure is true everywhere within the month
	minLogRetention      = day
)

// readRetention returns retention.yaml with every default filled in.
func readRetention(b []byte, r *report) Retention {
	var k Retention
	d := readYAML(RetentionFile, b, &k, r)
	if k.Text == 0 {
		k.Text = DefaultTextRetention
	}
	if k.Log == 0 {
		k.Log = DefaultLogRetention
	}
	if k.Log > MaxLogRetention {
		d.fault("log", "log %s is more than %s; the log may keep nothing longer, so that an erasure is true everywhere within the month", k.Log, MaxLogRetention)
	}
	if k.Log < minLogRetention {
		d.fault("log", "log %s is less than %s, which a weekend without one stage would outlast", k.Log, minLogRetention)
	}
	for _, platform := range slices.Sorted(maps.Keys(k.Platforms)) {
		if p := k.Platforms[platform]; p == 0 || p > k.Text {
			d.fault("platforms."+platform, "platforms.%s %s must be more than nothing and at most text %s", platform, p, k.Text)
		}
	}
	return k
}

// TextOf is how long a mention from platform keeps its text: the shorter of the general time and the platform's own.
func (k Retention) TextOf(platform string) time.Duration {
	text := cmp.Or(k.Text, DefaultTextRetention)
	if p := k.Platforms[platform]; p > 0 {
		text = min(text, p)
	}
	return time.Duration(text)
}

// Within returns k with what platforms themselves allow beside it. The shorter of both holds, so that k lengthens nothing.
func (k Retention) Within(allowed map[string]time.Duration) Retention {
	own := k.Platforms
	k.Platforms = make(map[string]Duration, len(own)+len(allowed))
	maps.Copy(k.Platforms, own)
	for platform, d := range allowed {
		if p := own[platform]; p == 0 || time.Duration(p) > d {
			k.Platforms[platform] = Duration(d)
		}
	}
	return k
}

func readSearches(b []byte, r *report) []Search {
	var file struct {
		Searches []Search `yaml:"searches"`
	}
	d := readYAML(SearchesFile, b, &file, r)
	seen := once{}
	for i, s := range file.Searches {
		line := d.line(at("searches", i))
		if s.Name == "" || s.Query == "" {
			r.fault(SearchesFile, line, "search %s needs a name and a query", strconv.Quote(s.Name))
			continue
		}
		seen.again(SearchesFile, "search", s.Name, line, r)
	}
	return file.Searches
}
