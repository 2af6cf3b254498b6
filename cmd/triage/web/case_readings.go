package web

import (
	"errors"
	"slices"
	"strings"
	"time"

	"earshot/classify"
	"earshot/index"
)

// Reading is one verdict of the program's own, in plain English.
type Reading struct {
	Name string // First reading, Considered reading
	At   time.Time
	Says string // the tags and risks it gives
	News string // a sentence on what it changes against the reading before; empty for the first
}

// verdictsOn returns every verdict on r, the first reading of a version before its considered one. Where the record cannot be asked it is the
// one in force.
func (s *Server) verdictsOn(c *call, r index.Record) []classify.Verdict {
	if r.Verdict.Model == "" {
		return nil
	}
	var all []classify.Verdict
	if s.cfg.Verdicts != nil {
		var err error
		if all, err = s.cfg.Verdicts(c.r.Context(), c.viewer, r.Mention.ID); err != nil && !errors.Is(err, index.ErrNotFound) {
			s.cfg.Log.Warn("the readings before the newest cannot be shown", "err", err)
		}
	}
	if !slices.ContainsFunc(all, func(v classify.Verdict) bool { return v.Stage == r.Verdict.Stage && v.At.Equal(r.Verdict.At) }) {
		all = append(all, r.Verdict) // the record has not got it yet
	}
	slices.SortStableFunc(all, func(a, b classify.Verdict) int {
		switch {
		case a.Version == b.Version && a.Stage.Outranks(b.Stage):
			return 1
		case a.Version == b.Version && b.Stage.Outranks(a.Stage):
			return -1
		}
		return a.At.Compare(b.At)
	})
	return all
}

// readings are the verdicts on the words as they stand, where there is more than one.
func readings(verdicts []classify.Verdict, version string) []Reading {
	var out []Reading
	var before *classify.Verdict
	for i := range verdicts {
		v := &verdicts[i]
		if v.Version != version {
			continue
		}
		out = append(out, Reading{Name: readingName(v.Stage), At: v.At, Says: saysTags(v), News: whatChanged(before, v)})
		before = v
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

func readingName(s classify.Stage) string {
	if s == classify.Considered {
		return "Considered reading"
	}
	return "First reading"
}

// saysTags lists what a verdict gives, risks first.
func saysTags(v *classify.Verdict) string {
	if names := tagNames(v); len(names) > 0 {
		return strings.Join(names, ", ")
	}
	return "no tags"
}

func tagNames(v *classify.Verdict) []string {
	var out []string
	for _, k := range v.Risk {
		out = append(out, name(riskNames, string(k)))
	}
	for _, l := range v.Labels {
		out = append(out, name(labelNames, string(l)))
	}
	return out
}

// whatChanged says what v changes against the verdict before it.
func whatChanged(before, v *classify.Verdict) string {
	if before == nil {
		return ""
	}
	old, now := tagNames(before), tagNames(v)
	missing := func(from, in []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(n string) bool { return slices.Contains(in, n) })
	}
	var parts []string
	if added := missing(now, old); len(added) > 0 {
		parts = append(parts, "adds "+strings.Join(added, " and "))
	}
	if gone := missing(old, now); len(gone) > 0 {
		parts = append(parts, "takes back "+strings.Join(gone, " and "))
	}
	if len(parts) == 0 {
		return "It says the same."
	}
	return "It " + strings.Join(parts, " and ") + "."
}
