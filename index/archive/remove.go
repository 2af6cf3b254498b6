package archive

import (
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

// DefaultText is how long text is kept when the settings say nothing: a year (P28).
const DefaultText = time.Duration(settings.DefaultTextRetention)

// ShortestLife is the shortest time for which r keeps the text of any platform.
func ShortestLife(r settings.Retention) time.Duration {
	life := r.TextOf("")
	for p := range r.Platforms {
		life = min(life, r.TextOf(p))
	}
	return life
}

// Open reports whether somebody still works on the case, or may need the words for it (P27): nothing of it expires.
func Open(c casework.Case) bool {
	switch c.State {
	case casework.New, casework.StateAcked, casework.StateHeld:
		return true
	}
	return desk(c.HR) || desk(c.Monitoring)
}

func desk(s casework.State) bool { return s != casework.StateNone && s != casework.StateClosed }

// withoutText keeps what says which mention it is, where it stood and which wall is around it.
func withoutText(m sources.Mention) sources.Mention {
	return sources.Mention{
		ID: m.ID, Platform: m.Platform, Source: m.Source, Kind: m.Kind,
		CreatedAt: m.CreatedAt, CreatedPrecision: m.CreatedPrecision, EditedAt: m.EditedAt, FetchedAt: m.FetchedAt, At: m.At,
		ParentID: m.ParentID, ThreadID: m.ThreadID, QuotedID: m.QuotedID, Lang: m.Lang, LangDetected: m.LangDetected,
		Visibility: m.Visibility, MatchedBy: m.MatchedBy, State: m.State, Relation: m.Relation,
	}
}

// WithoutWords keeps what a verdict decided and drops what quotes the text or names a person.
func WithoutWords(v classify.Verdict) classify.Verdict {
	facts := slices.Clone(v.Facts)
	for i := range facts {
		facts[i].Start, facts[i].End = 0, 0
	}
	v.Officers, v.Reasons, v.Unknown, v.Facts = nil, nil, nil, facts
	return v
}

// IsAuthor reports whether asked, a handle, ID, name or address in any case, with or without @, is how a is known.
func IsAuthor(a sources.Author, asked string) bool {
	asked = strings.TrimPrefix(strings.TrimSpace(asked), "@")
	if asked == "" {
		return false
	}
	return slices.ContainsFunc([]string{a.ID, strings.TrimPrefix(a.Handle, "@"), a.Name, a.URL}, func(s string) bool { return strings.EqualFold(s, asked) })
}

func wipedVersions(in []OldVersion) []OldVersion {
	for i := range in {
		in[i].Tagged = classify.Tagged{}
	}
	return in
}

func wipedVerdicts(in []OldVerdict) []OldVerdict {
	for i := range in {
		in[i].Verdict = WithoutWords(in[i].Verdict)
	}
	return in
}

// EraseEvent returns what stays of an act on an erased mention: that it was done, by which officer, when and along which route.
// Free words, and whatever only a newer program understands, go; so does the mention's id.
func EraseEvent(e casework.Event, hash string) casework.Event {
	e.Mention = ErasedID(hash)
	e.Why, e.Note, e.Link, e.Target, e.Unknown = "", "", "", "", nil
	return e
}
