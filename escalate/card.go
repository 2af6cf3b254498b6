package escalate

import (
	"strings"
	"unicode/utf8"

	"earshot/casework"
	"earshot/classify"
	"earshot/sources"
)

const (
	cardTextBytes = 4 << 10 // of a mention's words kept for mails
	cardsPerMail  = 5       // mentions quoted in one mail; the rest is counted
)

// cardOf keeps what a mail needs of a mention and nothing more, so that a mail needs no archive.
func cardOf(t *classify.Tagged) classify.Tagged {
	m, v := &t.Mention, &t.Verdict
	out := classify.Tagged{
		Mention: sources.Mention{ID: m.ID, Platform: m.Platform, Kind: m.Kind, Title: cut(m.Title, 300), Text: cut(m.Text, cardTextBytes),
			Author: sources.Author{Handle: cut(m.Author.Handle, 100), Name: cut(m.Author.Name, 100)}, CreatedAt: m.CreatedAt, FetchedAt: m.FetchedAt,
			Permalink: m.Permalink, ParentID: m.ParentID, ThreadID: m.ThreadID, State: m.State, Relation: m.Relation},
		Verdict: classify.Verdict{ID: v.ID, Labels: v.Labels, Scores: v.Scores, Unsure: v.Unsure, Target: v.Target, Risk: v.Risk, Officers: v.Officers,
			Facts: v.Facts, Service: v.Service, Reasons: v.Reasons, Stage: v.Stage, Model: v.Model, At: v.At},
	}
	return out
}

// hasCard reports whether a decision's mail quotes the mention: HR's and the Monitoring Officer's never do.
func hasCard(d Decision, m *sources.Mention) bool {
	return d.Wall == casework.NoWall && casework.MentionWall(m) == casework.NoWall
}

// cut shortens s to at most n bytes at a rune.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
