package casework

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"earshot/classify"
)

var t0 = time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)

// history makes events a minute apart; each line is a type, and what it carries is set by with.
func history(steps ...Event) []Event {
	for i := range steps {
		steps[i].ID, steps[i].Mention, steps[i].At = fmt.Sprint("e", i), "x:1", t0.Add(time.Duration(i)*time.Minute)
		if steps[i].By.Kind == "" {
			steps[i].By = Actor{Kind: "person", ID: "p1"}
		}
	}
	return steps
}

func TestFold(t *testing.T) {
	due := t0.Add(48 * time.Hour)
	escalated := Event{Type: Escalated, Incident: "i1", Audience: "comms", Due: due, By: Actor{Kind: "system", ID: "route:complaint"}}
	toHR := Event{Type: Escalated, Incident: "h1", Audience: "hr", Wall: HRWall, By: Actor{Kind: "system", ID: "route:abuse-staff"}}
	for _, c := range []struct {
		name   string
		events []Event
		want   func(Case) bool
	}{
		{"nothing happened", nil, func(c Case) bool { return c.State == StateNone && c.EventsFolded == 0 }},
		{"escalated", history(escalated), func(c Case) bool {
			return c.State == New && c.Due.Equal(due) && len(c.Incidents) == 1 && c.Owner == ""
		}},
		{"the first clock counts", history(escalated, Event{Type: Joined, Incident: "i2", Due: due.Add(-time.Hour)}, Event{Type: Joined, Incident: "i2", Due: due}), func(c Case) bool {
			return c.Due.Equal(due.Add(-time.Hour)) && len(c.Incidents) == 2
		}},
		{"acknowledged by its owner to be", history(escalated, Event{Type: Acknowledged}), func(c Case) bool {
			return c.State == StateAcked && c.Owner == "p1" && c.AckedAt.Equal(t0.Add(time.Minute))
		}},
		{"acknowledged twice", history(escalated, Event{Type: Acknowledged}, Event{Type: Acknowledged, By: Actor{Kind: "person", ID: "p2"}}), func(c Case) bool {
			return c.Owner == "p1" && c.AckedAt.Equal(t0.Add(time.Minute))
		}},
		{"undone", history(escalated, Event{Type: Acknowledged}, Event{Type: Undone, Undoes: "e1"}), func(c Case) bool { return c.State == New && c.Owner == "" && c.AckedAt.IsZero() }},
		{"held, then replied", history(escalated, Event{Type: Held}, Event{Type: Replied, Link: "https://x.example"}), func(c Case) bool {
			return c.State == Answered && c.AnsweredAt.Equal(t0.Add(2*time.Minute))
		}},
		{"joined quietly after closing", history(escalated, Event{Type: Closed}, Event{Type: Joined, Incident: "i1"}), func(c Case) bool { return c.State == StateClosed }},
		{"something new after closing", history(escalated, Event{Type: Closed}, Event{Type: Escalated, Incident: "i2"}), func(c Case) bool { return c.State == New }},
		{"something new after answering", history(escalated, Event{Type: Replied}, Event{Type: Escalated, Incident: "i2"}), func(c Case) bool { return c.State == New }},
		{"reopened", history(escalated, Event{Type: Closed}, Event{Type: Reopened}), func(c Case) bool { return c.State == New }},
		{"relabelled", history(escalated, Event{Type: Relabelled, Labels: []classify.Label{classify.Abuse}, Target: "staff", Service: "waste"}), func(c Case) bool {
			return c.Relabelled && len(c.Labels) == 1 && c.Target == "staff" && c.Service == "waste"
		}},
		{"abuse alone is with HR", history(toHR), func(c Case) bool { return c.State == WithHR && c.HR == New && len(c.Incidents) == 0 }},
		{"a complaint beside abuse is comms' own", history(toHR, escalated), func(c Case) bool { return c.State == New && c.HR == New }},
		{"a suspicion that was confirmed is with HR", history(Event{Type: Escalated, Incident: "c", Reasons: []string{ConfirmAbuse}, Due: due}, Event{Type: Confirmed}, toHR),
			func(c Case) bool { return c.State == WithHR && c.HR == New && c.Due.IsZero() }},
		{"a complaint beside the suspicion stays", history(Event{Type: Escalated, Incident: "c", Reasons: []string{ConfirmAbuse}}, Event{Type: Joined, Incident: "c", Reasons: []string{"complaint"}, Due: due},
			Event{Type: Confirmed}, toHR), func(c Case) bool { return c.State == New && c.HR == New && c.Due.Equal(due) }},
		{"a suspicion beside the complaint too", history(Event{Type: Escalated, Incident: "c", Reasons: []string{"complaint"}, Due: due}, Event{Type: Joined, Incident: "c", Reasons: []string{ConfirmAbuse}},
			Event{Type: Confirmed}, toHR), func(c Case) bool { return c.State == New && c.HR == New && c.Due.Equal(due) }},
		{"HR's acts move HR's hand alone", history(escalated, toHR, Event{Type: SupportOffered, Wall: HRWall}, Event{Type: Closed, Wall: HRWall}), func(c Case) bool {
			return c.State == New && c.HR == StateClosed && c.AckedAt.IsZero()
		}},
		{"the Monitoring Officer's likewise", history(Event{Type: Escalated, Incident: "m", Wall: MonitoringWall}, Event{Type: PoliceTold, Wall: MonitoringWall}), func(c Case) bool {
			return c.State == WithMonitoring && c.Monitoring == StateAcked
		}},
		{"a mail that left or was refused is no step", history(escalated, Event{Type: Delivered, Incident: "i1"}, Event{Type: Refused, Incident: "i1"}), func(c Case) bool { return c.State == New && c.EventsFolded == 3 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fold(c.events); !c.want(got) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestRedeliveryChangesNothing replays random histories from random places, as a log does after a crash, in the order of the first delivery.
func TestRedeliveryChangesNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	repeated := 0
	for range 2000 {
		events := random(rnd)
		want := Fold(events)
		var again []Event
		for i, e := range events {
			again = append(again, e)
			if rnd.IntN(4) == 0 { // back to an earlier offset
				again = append(again, events[rnd.IntN(i+1):i+1]...)
				repeated++
			}
		}
		if got := Fold(again); !reflect.DeepEqual(got, want) {
			t.Fatalf("%d events, %d delivered:\n%+v\nwant\n%+v", len(events), len(again), got, want)
		}
	}
	if repeated == 0 {
		t.Error("nothing was delivered twice")
	}
}

// TestApplyIsFoldWithoutUndo: a node that keeps only the Case reaches what a node with all events does, as long as nothing is undone.
func TestApplyIsFoldWithoutUndo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(rand.Uint64(), 4))
	for range 500 {
		var c Case
		var kept []Event
		for _, e := range random(rnd) {
			if e.Type == Undone {
				continue
			}
			before := fmt.Sprintf("%+v", c)
			old := c
			c = c.Apply(e)
			if fmt.Sprintf("%+v", old) != before {
				t.Fatal("Apply changed the case it was given")
			}
			kept = append(kept, e)
		}
		if want := Fold(kept); !reflect.DeepEqual(c, want) {
			t.Fatalf("%+v\nwant\n%+v", c, want)
		}
	}
}

func random(rnd *rand.Rand) []Event {
	walls := []Wall{NoWall, NoWall, HRWall, MonitoringWall}
	events := make([]Event, 1+rnd.IntN(12))
	for i := range events {
		e := Event{Type: Types[rnd.IntN(len(Types))], Wall: walls[rnd.IntN(len(walls))], Incident: fmt.Sprint("i", rnd.IntN(3)), Owner: "o", Reasons: [][]string{{ConfirmAbuse}, {"complaint"}}[rnd.IntN(2)], Due: t0.Add(time.Duration(rnd.IntN(99)) * time.Hour)}
		if e.Type == Undone {
			e.Undoes = fmt.Sprint("e", rnd.IntN(i+1))
		}
		events[i] = e
	}
	return history(events...)
}

func TestValidate(t *testing.T) {
	good := Event{ID: "1", Mention: "x:1", Type: Noted, At: t0, Note: "seen"}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Event){
		"no id":             func(e *Event) { e.ID = "" },
		"type \"shouted\"":  func(e *Event) { e.Type = "shouted" },
		"no time":           func(e *Event) { e.At = time.Time{} },
		"needs words":       func(e *Event) { e.Note = "" },
		"at most 20000":     func(e *Event) { e.Note = string(make([]byte, MaxNoteBytes+1)) },
		"undoes names":      func(e *Event) { e.Type = Undone },
		"label \"rude\"":    func(e *Event) { e.Labels = []classify.Label{"rude"} },
		"risk \"flooding\"": func(e *Event) { e.Risk = []classify.Risk{"flooding"} },
	} {
		e := good
		change(&e)
		if err := e.Validate(); err == nil || !containsAll(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestIDs(t *testing.T) {
	once, again := DerivedID("a"), DerivedID("a")
	if DerivedID("a", "bc") == DerivedID("ab", "c") || once != again || len(DerivedID("a")) != 32 {
		t.Error("derived IDs must follow from their parts and nothing else")
	}
	early, late := NewID(t0), NewID(t0.Add(time.Millisecond))
	if early >= late || NewID(t0) == early {
		t.Errorf("%s, %s", early, late)
	}
}
