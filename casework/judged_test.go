package casework

import (
	"reflect"
	"slices"
	"testing"

	"earshot/classify"

	"github.com/go-json-experiment/json"
)

func TestBothVerdictsAreKept(t *testing.T) {
	staff := "staff"
	v := classify.Verdict{ID: "x:1", Model: "fast@1", Stage: classify.Fast, At: t0, Version: "v1", Labels: []classify.Label{classify.Trolling},
		Unsure: []classify.Label{classify.Abuse}, Scores: map[classify.Label]float64{classify.Trolling: 0.8, classify.Complaint: 0.3}, Risk: []classify.Risk{classify.Threat},
		Target: &staff, Service: "waste", Shadow: &classify.Shadow{Version: "local1", Labels: []classify.Label{classify.Complaint},
			Scores: map[classify.Label]float64{classify.Complaint: 0.7}}}
	e := Event{ID: "e", Mention: "x:1", Type: Relabelled, At: t0, By: Actor{Kind: "person", ID: "p"}, Labels: []classify.Label{classify.Complaint}, Judged: JudgedBy(&v)}
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Event
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(e, back) {
		t.Errorf("the event comes back as %+v, %v", back, err)
	}
	if back.Judged.Model != "fast@1" || back.Judged.Target != "staff" || !slices.Equal(back.Judged.Labels, v.Labels) || back.Judged.Shadow.Version != "local1" {
		t.Errorf("judged = %+v", back.Judged)
	}
	if JudgedBy(&classify.Verdict{ID: "x:1"}) != nil {
		t.Error("a mention that no classifier has judged has a verdict")
	}
}

func TestWhatAPersonSays(t *testing.T) {
	judged := &Judged{Model: "m", Labels: []classify.Label{classify.Complaint}}
	suspects := &Judged{Model: "m", Labels: []classify.Label{classify.Complaint}, Unsure: []classify.Label{classify.Abuse}}
	for _, c := range []struct {
		name string
		e    Event
		want []classify.Label
		ok   bool
	}{
		{"changed", Event{Type: Relabelled, Labels: []classify.Label{classify.Abuse}, Judged: judged}, []classify.Label{classify.Abuse}, true},
		{"changed to nothing", Event{Type: Relabelled, Judged: judged}, nil, true},
		{"audited", Event{Type: Audited, Labels: []classify.Label{classify.Trolling}, Judged: judged}, []classify.Label{classify.Trolling}, true},
		{"confirmed", Event{Type: Confirmed, Judged: judged}, []classify.Label{classify.Complaint}, true},
		{"confirmed a suspicion of abuse", Event{Type: Confirmed, Judged: suspects}, []classify.Label{classify.Complaint, classify.Abuse}, true},
		{"confirmed before both verdicts were kept", Event{Type: Confirmed}, nil, false},
		{"a note says nothing about tags", Event{Type: Noted, Note: "n", Judged: judged}, nil, false},
	} {
		got, ok := c.e.Person()
		if ok != c.ok || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.name, got, ok)
		}
	}
	if len(judged.Labels) != 1 || len(suspects.Labels) != 1 {
		t.Error("the verdict was changed")
	}
}

func TestAnAuditNamesItsSample(t *testing.T) {
	e := Event{ID: "e", Mention: "x:1", Type: Audited, At: t0}
	if err := e.Validate(); err == nil {
		t.Error("an audit that stands for nothing is taken")
	}
	e.Sample = &Sampled{Week: "2026-W47", Stratum: "complaint", Of: 10, Drawn: 2}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
	if c := (Case{State: New}).Apply(e); c.State != New || c.Relabelled {
		t.Errorf("an audit changes the case: %+v", c)
	}
}
