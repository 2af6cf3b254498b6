package index

import (
	"earshot/casework"
	"earshot/classify"
)

// Gone says why a mention's text is no longer kept.
type Gone string

// The ways in which text goes. NotGone: it is kept.
const (
	NotGone     Gone = ""
	GoneDeleted Gone = "deleted" // the platform took it away
	GoneExpired Gone = "expired" // kept as long as the retention settings say
)

// Service is the service a mention belongs to: as an officer said, else as the verdict says.
func (r *Record) Service() string {
	if r.Case.Relabelled {
		return r.Case.Service
	}
	return r.Verdict.Service
}

// VisibleTo reports whether v may know that the mention exists.
func (r *Record) VisibleTo(v casework.Viewer) bool {
	return v.SeesMentions() && v.SeesWall(casework.MentionWall(&r.Mention)) && v.SeesService(r.Service())
}

// For returns the record as v may see it: without walled events and the inside of walled cases, and with junior officers' names
// masked. The second result is false when v may not see the mention at all. The receiver is not changed.
func (r Record) For(v casework.Viewer) (Record, bool) {
	if !r.VisibleTo(v) {
		return Record{}, false
	}
	return r.shownTo(v), true
}

// VersionFor returns t, another version of the mention r is about, as v may see it; whether v may is decided by r, the current state.
func (r Record) VersionFor(v casework.Viewer, t classify.Tagged) (classify.Tagged, bool) {
	if !r.VisibleTo(v) {
		return classify.Tagged{}, false
	}
	r.Tagged, r.Events = t, nil
	return r.shownTo(v).Tagged, true
}

func (r Record) shownTo(v casework.Viewer) Record {
	if !v.Acts() && v.Role != casework.System {
		r.Mention.Reporter = ""
	}
	if !seesInside(v, r.Case) {
		r.Mention.Reporter, r.Mention.Relation = "", ""
		r.Verdict.Target, r.Case.Target = nil, ""
	}
	r.Case = v.Case(r.Case)
	if r.Events != nil {
		r.Events = v.Events(r.Events)
	}
	if !v.SeesNames() {
		r = maskRecord(r)
	}
	return r
}

// seesInside reports whether v works on a walled part of c, or there is none.
func seesInside(v casework.Viewer, c casework.Case) bool {
	open := c.HR == "" && c.Monitoring == ""
	return open || c.HR != "" && v.SeesWall(casework.HRWall) || c.Monitoring != "" && v.SeesWall(casework.MonitoringWall)
}
