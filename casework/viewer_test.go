package casework

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"earshot/sources"
)

func containsAll(s string, parts ...string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// TestViewer is the whole table of who may see and do what.
func TestViewer(t *testing.T) {
	for _, c := range []struct {
		role                                  Role
		mentions, hr, monitoring, names, acts bool
	}{
		{NoRole, false, false, false, false, false},
		{Comms, true, false, false, false, true},
		{HR, true, true, false, true, true},
		{Monitoring, true, false, true, false, true},
		{ServiceMan, true, false, false, false, false},
		{Admin, true, false, false, false, false},
		{Staff, false, false, false, false, false},
		{System, true, true, true, true, false},
		{"invented", false, false, false, false, false},
	} {
		v := Viewer{Role: c.role, Service: "waste"}
		got := []bool{v.SeesMentions(), v.SeesWall(HRWall), v.SeesWall(MonitoringWall), v.SeesNames(), v.Acts()}
		if want := []bool{c.mentions, c.hr, c.monitoring, c.names, c.acts}; !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, want %v", c.role, got, want)
		}
		if !v.SeesWall(NoWall) || v.SeesWall("unknown wall") {
			t.Errorf("%q: an open event is hidden or an unknown wall is open", c.role)
		}
		if v.SeesService("parking") == (c.role == ServiceMan) || !v.SeesService("waste") {
			t.Errorf("%q: wrong about services", c.role)
		}
	}
}

func TestMentionWall(t *testing.T) {
	for _, c := range []struct {
		kind     sources.Kind
		relation string
		want     Wall
	}{
		{sources.Report, "me", HRWall}, {sources.Report, "colleague", NoWall}, {sources.Report, "council", NoWall}, {sources.Post, "me", NoWall},
	} {
		if got := MentionWall(&sources.Mention{Kind: c.kind, Relation: c.relation}); got != c.want {
			t.Errorf("%s about %s: %q", c.kind, c.relation, got)
		}
	}
}

func TestTheOnlyTraceOfAWall(t *testing.T) {
	c := Case{State: New, HR: StateAcked, Monitoring: New}
	for _, want := range []struct {
		role Role
		with []string
		hr   State
		mon  State
	}{
		{Comms, []string{"hr", "monitoring"}, "", ""},
		{HR, []string{"hr", "monitoring"}, StateAcked, ""},
		{Monitoring, []string{"hr", "monitoring"}, "", New},
		{ServiceMan, nil, "", ""},
		{System, []string{"hr", "monitoring"}, StateAcked, New},
	} {
		got := Viewer{Role: want.role}.Case(c)
		if !reflect.DeepEqual(got.With, want.with) || got.HR != want.hr || got.Monitoring != want.mon || got.State != New {
			t.Errorf("%s sees %+v", want.role, got)
		}
	}
	if got := (Viewer{Role: ServiceMan}).Case(Case{State: WithHR, HR: New}); got.State != StateNone {
		t.Errorf("a service manager sees that HR has it: %+v", got)
	}
	if len(Viewer{Role: Comms}.Case(Case{State: New, With: []string{"stale"}}).With) != 0 {
		t.Error("a stored trace was believed")
	}
}

func TestActWall(t *testing.T) {
	for _, c := range []struct {
		role Role
		c    Case
		want Wall
	}{
		{HR, Case{HR: New}, HRWall}, {HR, Case{State: New}, NoWall}, {Monitoring, Case{Monitoring: New}, MonitoringWall}, {Monitoring, Case{HR: New}, NoWall},
		{Comms, Case{HR: New, Monitoring: New}, NoWall},
	} {
		if got := (Viewer{Role: c.role}).ActWall(c.c); got != c.want {
			t.Errorf("%s: %q, want %q", c.role, got, c.want)
		}
	}
}

// TestNothingWalledLeaks: whatever happened, comms, services and the other desk see no walled event, and the case tells them no more than
// that there is one.
func TestNothingWalledLeaks(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 5))
	hidden := 0
	for range 1000 {
		events := random(rnd)
		for _, role := range []Role{Comms, ServiceMan, HR, Monitoring} {
			v := Viewer{Role: role}
			seen := v.Events(events)
			hidden += len(events) - len(seen)
			for _, e := range seen {
				if !v.SeesWall(e.Wall) {
					t.Fatalf("%s sees %+v", role, e)
				}
			}
			c := v.Case(Fold(events))
			if role != HR && c.HR != "" || role != Monitoring && c.Monitoring != "" {
				t.Fatalf("%s sees %+v", role, c)
			}
		}
	}
	if hidden == 0 {
		t.Error("nothing was hidden")
	}
}
