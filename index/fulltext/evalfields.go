package fulltext

import (
	"math"
	"strconv"
	"strings"

	"earshot/casework"
	"earshot/index"
)

func (e *eval) field(c *index.Clause) ([]uint64, error) {
	switch c.Field {
	case "tag":
		return e.listed(fTag, c.Value), nil
	case "risk":
		return e.listed(fRisk, c.Value), nil
	case "unsure":
		return e.listed(fUnsure, c.Value), nil
	case "is":
		return e.state(c.Value), nil
	case "hr":
		return e.desk(casework.HRWall, fHR, c.Value), nil
	case "monitoring":
		return e.desk(casework.MonitoringWall, fMonitoring, c.Value), nil
	case "owner":
		if c.Value == index.Me {
			return e.value(fOwner, e.viewer.Account), nil
		}
		return e.listed(fOwner, c.Value), nil
	case "before", "after", "on":
		out := e.none()
		for i := range out {
			out[i] = ^uint64(0)
		}
		e.within(out, dates(c))
		return out, nil
	case "from":
		return e.hashed(func(c *chunk) []uint64 { return c.author }, hashAuthor(c.Value)), nil
	case "thread":
		return e.hashed(func(c *chunk) []uint64 { return c.thread }, keyOf(c.Value).half()), nil
	case "id":
		return e.ids(c.Value)
	case "ref":
		return e.ids(reportIDs(c.Value)...)
	}
	return e.value(setFields[c.Field], c.Value), nil
}

// setFields are the fields of the query language that are sets by value and no more.
var setFields = map[string]field{"site": fPlatform, "service": fService, "has": fHas, "lang": fLang, "term": fTerm, "source": fSource,
	"incident": fIncident}

// listed reads "any" and "none" beside the values of a field.
func (e *eval) listed(f field, v string) []uint64 {
	switch v {
	case index.AnyValue:
		return e.anyValue(f)
	case index.NoValue:
		return not(e.anyValue(f))
	}
	return e.value(f, v)
}

func not(ws []uint64) []uint64 {
	for i := range ws {
		ws[i] = ^ws[i]
	}
	return ws
}

func (e *eval) open() []uint64 {
	return e.value(fState, string(casework.New), string(casework.StateAcked), string(casework.StateHeld))
}

func (e *eval) state(v string) []uint64 {
	switch v {
	case index.NoValue:
		return not(e.anyValue(fState))
	case index.Open:
		return e.open()
	case index.Unowned:
		out := e.open()
		andNot(out, e.anyValue(fOwner))
		return out
	case index.Overdue:
		return e.due(math.MinInt64, e.now.UnixNano())
	case index.DueSoon:
		return e.due(e.now.UnixNano(), e.now.Add(index.DueSoonWithin).UnixNano())
	case index.Relabelled, index.Edited:
		return e.value(fFlag, v)
	}
	return e.value(fState, v)
}

// due returns what is open and has its clock at from or later and before to, both in Unix nanoseconds.
func (e *eval) due(from, to int64) []uint64 {
	out, found := e.open(), e.none()
	for k, c := range e.s.chunks {
		for _, d := range c.due {
			if d.at >= from && d.at < to {
				found[k*chunkWords+int(d.doc>>6)] |= 1 << (d.doc & 63)
			}
		}
	}
	and(out, found)
	return out
}

// desk answers hr: and monitoring:, which hold for nobody who may not look behind that wall.
func (e *eval) desk(w casework.Wall, f field, v string) []uint64 {
	switch {
	case !e.viewer.SeesWall(w):
		return e.none()
	case v == index.Open:
		return e.value(f, string(casework.New), string(casework.StateAcked))
	}
	return e.value(f, v)
}

// hashed returns the mentions whose column holds h.
func (e *eval) hashed(column func(*chunk) []uint64, h uint64) []uint64 {
	out := e.none()
	for k, c := range e.s.chunks {
		for i, x := range column(c) {
			if x == h {
				out[k*chunkWords+i>>6] |= 1 << (i & 63)
			}
		}
	}
	return out
}

// ids returns the mentions with one of ids, compared whole.
func (e *eval) ids(ids ...string) ([]uint64, error) {
	want := map[uint64]string{}
	for _, id := range ids {
		want[keyOf(id).half()] = id
	}
	out := e.none()
	for k, c := range e.s.chunks {
		for i, key := range c.key {
			id, ok := want[key]
			if !ok || !c.live.has(uint16(i)) {
				continue
			}
			got, there, err := e.s.id(uint32(k*chunkDocs + i))
			if err != nil {
				return nil, err
			}
			if there && got == id {
				out[k*chunkWords+i>>6] |= 1 << (i & 63)
			}
		}
	}
	return out, nil
}

// maxReportPosts is how many posts read from the pictures of one report ref: looks for.
const maxReportPosts = 200

// reportIDs lists the IDs of a report and of the posts read from its pictures.
func reportIDs(ref string) []string {
	ref = "report:" + strings.TrimPrefix(ref, "report:")
	out := []string{ref}
	for i := range maxReportPosts {
		out = append(out, ref+"/"+strconv.Itoa(i+1))
	}
	return out
}
