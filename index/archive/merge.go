package archive

import (
	"bytes"
	"slices"
	"time"

	"earshot/classify"
	"earshot/index"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// Entry is what a store keeps of one mention, and the place where one more delivery is merged into it. A store loads the entries of a
// batch, merges the batch in order and writes what changed; because all stores merge here, they agree about repetition and order.
type Entry struct {
	classify.Tagged // the current version and its best verdict; without text when Gone

	Gone     index.Gone
	Version  string    // of Tagged as it was delivered
	Seen     time.Time // when the platform showed this version, or when its text was removed
	Kept     time.Time // from when retention counts: first fetched, else created
	Revision uint64    // rises with every change

	// What is beside the current state: loaded for entries that have a past, and added to by Merge.
	PastVersions map[string]bool // sources.Mention.Version
	PastVerdicts map[string]bool // VerdictKey

	// What Merge found to write. Wiped comes first: it concerns what was stored before.
	Changed     bool
	Wiped       bool // remove the text of everything in the past
	OldVersions []OldVersion
	OldVerdicts []OldVerdict
}

// OldVersion is a version that is not the current one, with the verdict it had when it was set aside.
type OldVersion struct {
	Version string
	Seen    time.Time
	Tagged  classify.Tagged
}

// OldVerdict is a verdict that is not the current one.
type OldVerdict struct {
	Key     string
	Verdict classify.Verdict
}

// Merge takes one delivery into the entry; the zero Entry is a mention not seen before. now bounds Kept, so that a date in the future
// keeps nothing for ever. The rules, each held by indextest.Archive:
//
//   - a version not known before becomes current, unless it was seen before the current one was: then it joins the past;
//   - a known version changes nothing (it is a repetition) unless it was seen after the current one: then it was put back;
//   - a verdict on the current version becomes its verdict if it ranks higher (person, considered, fast), or as high and is newer;
//     a verdict that differs from a known one only in its time is a repetition;
//   - a deletion is final: text offered again afterwards is refused, because a slow search may still return what its author took back;
//   - text that was kept long enough comes back only as an edit seen after it went.
func (e *Entry) Merge(in classify.Tagged, now time.Time) Outcome {
	version, seen := in.Mention.Version(), Seen(&in.Mention)
	in.Verdict.ID, in.Again = in.Mention.ID, false
	if in.Verdict.Version == "" {
		in.Verdict.Version = version
	}
	deletion := in.Mention.State == sources.Deleted
	switch {
	case e.Version == "":
		e.replace(in, version, seen)
		e.Kept = keptFrom(&in.Mention, now)
		if deletion {
			e.Remove(index.GoneDeleted, seen)
			return Deleted
		}
		return New
	case e.Gone == index.GoneDeleted:
		if deletion {
			return Repeated
		}
		return Refused
	case deletion:
		e.Version = version
		e.Mention.State, e.Mention.At = sources.Deleted, in.Mention.At
		e.Remove(index.GoneDeleted, seen)
		return Deleted
	case e.Gone == index.GoneExpired:
		if version == e.Version || e.PastVersions[version] || !seen.After(e.Seen) {
			return Repeated
		}
		e.setAside(e.Version, e.Seen, classify.Tagged{})
		e.replace(in, version, seen)
		e.Kept = keptFrom(&in.Mention, now)
		return Edited
	case version == e.Version:
		return e.again(in)
	case e.PastVersions[version] && !seen.After(e.Seen):
		return e.judgePast(in.Verdict)
	case seen.Before(e.Seen):
		e.setAside(version, seen, in)
		return Edited
	}
	e.setAside(e.Version, e.Seen, e.Tagged)
	e.replace(in, version, seen)
	return Edited
}

// Remove takes away what a deletion or an expiry takes away, here and in the past, and keeps id, state and casework.
func (e *Entry) Remove(why index.Gone, at time.Time) {
	e.Gone, e.Changed, e.Wiped = why, true, true
	e.OldVersions, e.OldVerdicts = wipedVersions(e.OldVersions), wipedVerdicts(e.OldVerdicts)
	e.Mention, e.Verdict = withoutText(e.Mention), WithoutWords(e.Verdict)
	if at.After(e.Seen) {
		e.Seen = at
	}
}

// again merges a repetition of the current version: perhaps a new verdict, perhaps other counts of likes.
func (e *Entry) again(in classify.Tagged) Outcome {
	if refreshed, ok := refresh(e.Mention, in.Mention); ok {
		e.Mention, e.Changed = refreshed, true
	}
	key, current := VerdictKey(in.Verdict), VerdictKey(e.Verdict)
	switch {
	case key == current || e.PastVerdicts[key]:
		return Repeated
	case better(in.Verdict, key, e.Verdict, current):
		e.judge(OldVerdict{current, e.Verdict})
		e.Verdict = in.Verdict
	default:
		e.judge(OldVerdict{key, in.Verdict})
	}
	return Judged
}

func (e *Entry) judgePast(v classify.Verdict) Outcome {
	key := VerdictKey(v)
	if e.PastVerdicts[key] {
		return Repeated
	}
	e.judge(OldVerdict{key, v})
	return Judged
}

func (e *Entry) judge(o OldVerdict) {
	e.OldVerdicts = append(e.OldVerdicts, o)
	mark(&e.PastVerdicts, o.Key)
	e.Changed = true
}

// setAside puts a version into the past, and its verdict among the old verdicts, where a repetition of it is known again.
func (e *Entry) setAside(version string, seen time.Time, t classify.Tagged) {
	e.OldVersions = append(e.OldVersions, OldVersion{version, seen, t})
	mark(&e.PastVersions, version)
	if t.Verdict.ID != "" {
		e.judge(OldVerdict{VerdictKey(t.Verdict), t.Verdict})
	}
	e.Changed = true
}

func (e *Entry) replace(in classify.Tagged, version string, seen time.Time) {
	e.Tagged, e.Version, e.Seen, e.Gone, e.Changed = in, version, seen, index.NotGone, true
}

// refresh returns cur with what a later look at the same version changed (likes, an author's new name) and with the watch terms of both; what
// once was a mention in its own right is no longer only around another.
// When it was fetched is no change, or else every poll of a feed would rewrite all of it.
func refresh(cur, in sources.Mention) (sources.Mention, bool) {
	next := cur
	if Seen(&in).After(Seen(&cur)) {
		next = in
		next.FetchedAt, next.Source = cur.FetchedAt, cur.Source
	}
	next.MatchedBy = cur.MatchedBy
	if cur.Around() && !in.Around() {
		next.MatchedBy = nil
	} else if in.Around() {
		in.MatchedBy = nil
	}
	for _, term := range in.MatchedBy {
		if !slices.Contains(next.MatchedBy, term) {
			next.MatchedBy = append(slices.Clip(next.MatchedBy), term)
		}
	}
	a, errA := json.Marshal(cur, json.Deterministic(true))
	b, errB := json.Marshal(next, json.Deterministic(true))
	if errA != nil || errB != nil || bytes.Equal(a, b) {
		return cur, false
	}
	return next, true
}

func mark(set *map[string]bool, key string) {
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[key] = true
}

// Seen is when the platform showed m as it is: the latest of fetched, edited, created and, for a deletion, deleted; in milliseconds,
// which is what every store keeps.
func Seen(m *sources.Mention) time.Time {
	seen := m.CreatedAt
	for _, t := range []time.Time{m.FetchedAt, m.EditedAt, m.At} {
		if t.After(seen) {
			seen = t
		}
	}
	return seen.UTC().Truncate(time.Millisecond)
}

func keptFrom(m *sources.Mention, now time.Time) time.Time {
	t := m.FetchedAt
	if t.IsZero() {
		t = m.CreatedAt
	}
	if t.IsZero() || t.After(now) {
		t = now
	}
	return t.UTC().Truncate(time.Millisecond)
}
