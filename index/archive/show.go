package archive

import (
	"slices"
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

// ThreadOf picks from candidates the mentions of one thread that v may see: oldest first, at most limit.
func ThreadOf(candidates []index.Record, v casework.Viewer, thread string, limit int) []index.Record {
	out := make([]index.Record, 0, len(candidates))
	seen := map[string]bool{}
	for _, rec := range candidates {
		belongs := rec.Mention.ID == thread || rec.Mention.Thread() == thread
		if !belongs || seen[rec.Mention.ID] {
			continue
		}
		seen[rec.Mention.ID] = true
		if shown, ok := rec.For(v); ok {
			out = append(out, shown)
		}
	}
	slices.SortStableFunc(out, func(a, b index.Record) int {
		if c := a.Mention.CreatedAt.Compare(b.Mention.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Mention.ID, b.Mention.ID)
	})
	return out[:min(len(out), max(limit, 0))]
}

// VersionsFor returns a mention's past versions and, last, the current one unless its text is gone, as v may see them.
func VersionsFor(rec index.Record, past []classify.Tagged, v casework.Viewer) ([]classify.Tagged, error) {
	if rec.Gone == index.NotGone {
		past = append(past, rec.Tagged)
	}
	out := make([]classify.Tagged, 0, len(past))
	for _, t := range past {
		shown, ok := rec.VersionFor(v, t)
		if !ok {
			return nil, index.ErrNotFound
		}
		out = append(out, shown)
	}
	if !rec.VisibleTo(v) {
		return nil, index.ErrNotFound
	}
	return out, nil
}

// VerdictsFor returns a mention's old verdicts and the current one, oldest first, as v may see them. A verdict is shown with the text it
// was about only through VersionsFor; here the names it found are masked in its own words.
func VerdictsFor(rec index.Record, old []classify.Verdict, v casework.Viewer) ([]classify.Verdict, error) {
	if !rec.VisibleTo(v) {
		return nil, index.ErrNotFound
	}
	out := make([]classify.Verdict, 0, len(old)+1)
	for _, x := range append(old, rec.Verdict) {
		t := classify.Tagged{Mention: rec.Mention, Verdict: x}
		if x.Version != rec.Verdict.Version {
			t.Mention.Text = "" // offsets are of another version's text
		}
		shown, ok := rec.VersionFor(v, t)
		if !ok {
			return nil, index.ErrNotFound
		}
		out = append(out, shown.Verdict)
	}
	slices.SortStableFunc(out, func(a, b classify.Verdict) int { return a.At.Compare(b.At) })
	return out, nil
}
