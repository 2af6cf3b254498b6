package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/sources"
)

// slice is the figures of the posts that have something in common.
type slice struct {
	posts  int
	labels [5]count
	alarm  share
}

// in names the slices that a post belongs to.
func in(p *corpus.Post) []string {
	words := len(strings.Fields(p.Text))
	length := "length: over 40 words"
	switch {
	case words < 10:
		length = "length: under 10 words"
	case words <= 40:
		length = "length: 10 to 40 words"
	}
	language := "language: English"
	if l := sources.DetectLang(p.Text); l != "" && l != "en" {
		language = "language: other"
	}
	form := "form: written"
	if p.Platform == "report" {
		form = "form: read from a picture"
	}
	return []string{"platform: " + p.Platform, length, language, form}
}

func (m *measure) slice(p *corpus.Post, v *classify.Verdict) {
	if m.by == nil {
		m.by = map[string]*slice{}
	}
	for _, name := range in(p) {
		s := m.by[name]
		if s == nil {
			s = &slice{}
			m.by[name] = s
		}
		s.posts++
		for k, l := range classify.Labels {
			s.labels[k].add(p.Has(string(l)), v.Has(l))
		}
		if len(p.Labels) == 0 && len(p.Risk) == 0 {
			s.alarm.add(len(v.Labels) > 0)
		}
	}
}

// mergeSlices adds another measure's slices.
func (m *measure) mergeSlices(o *measure) {
	if m.by == nil {
		m.by = map[string]*slice{}
	}
	for name, s := range o.by {
		t := m.by[name]
		if t == nil {
			t = &slice{}
			m.by[name] = t
		}
		t.posts += s.posts
		t.alarm.plus(s.alarm)
		for k := range t.labels {
			t.labels[k].plus(s.labels[k])
		}
	}
}

// fewest is how many posts a slice needs to be printed.
const fewest = 30

// slices prints the F1 over all labels together, which a small slice can bear, and the false alarms.
func (m *measure) slices(w io.Writer) {
	fmt.Fprintf(w, "\n%-28s %6s %9s %12s\n", "slice", "posts", "micro-F1", "false alarms")
	for _, name := range slices.Sorted(maps.Keys(m.by)) {
		s := m.by[name]
		if s.posts < fewest {
			continue
		}
		var all count
		for _, c := range s.labels {
			all.plus(c)
		}
		lo, hi := s.alarm.interval()
		fmt.Fprintf(w, "%-28s %6d %9.3f %12.3f  [%.3f, %.3f]\n", name, s.posts, all.f1(), s.alarm.value(), lo, hi)
	}
}
