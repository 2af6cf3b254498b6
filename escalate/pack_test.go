package escalate

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"earshot/casework"
)

// TestPacked: what a ledger keeps of an incident is the incident, whatever was folded into it.
func TestPacked(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	ws := words{codes: map[string]int{}}
	acts := 0
	for n := range 2000 {
		i := &incident{id: []string{"", "i1", casework.DerivedID(fmt.Sprint(n)), strings.ToUpper(casework.DerivedID(fmt.Sprint(n)))}[rnd.IntN(4)]}
		for range rnd.IntN(12) {
			e := randomEvent(rnd)
			switch e.Type {
			case casework.Escalated, casework.Joined:
				i.take(e)
				i.settle()
			case casework.Delivered, casework.Refused:
				i.mark(e)
			case casework.Reconsidered:
				i.doubt(e)
			default:
				i.act(e)
			}
		}
		acts += len(i.acts)
		got := incident{group: "left over", members: make([]member, 3, 20), acts: make([]act, 1)}
		ws.unpack(string(ws.pack(nil, i)), &got)
		if want := fmt.Sprintf("%+v", *i); fmt.Sprintf("%+v", got) != want {
			t.Fatalf("unpacked\n%+v\nwant\n%s", got, want)
		}
	}
	if acts == 0 {
		t.Fatal("nobody did anything")
	}
}

func randomEvent(rnd *rand.Rand) *casework.Event {
	pick := func(from ...string) string { return from[rnd.IntN(len(from))] }
	types := []casework.Type{casework.Escalated, casework.Joined, casework.Delivered, casework.Refused, casework.Reconsidered, casework.Acknowledged,
		casework.Closed, casework.Reopened, casework.Undone, casework.Relabelled}
	return &casework.Event{
		ID: fmt.Sprint(rnd.IntN(20)), Mention: pick("x:1", "x:2", "bluesky:at://3"), Type: types[rnd.IntN(len(types))], Undoes: fmt.Sprint(rnd.IntN(20)),
		At: time.Unix(0, rnd.Int64N(2_000_000_000_000_000_000)), Audience: pick(AudienceComms, AudienceHR), Wall: casework.Wall(pick("", "hr")),
		Group: pick("thread:x:1", "x:2", "own"), Service: pick("", "waste"), Route: pick("a", "b", "c"),
		Reasons: []string{pick(string(ReasonThreat), string(ReasonComplaint))}, Due: time.Unix(rnd.Int64N(2_000_000_000), 0),
		MessageID: "<" + casework.DerivedID(pick("m", "n")) + "@council.example>", To: pick("a@council.example", "b@council.example"), Step: rnd.IntN(3), Why: pick("", "no such box"),
		By: casework.Actor{Kind: "person", ID: pick("p1", "p2"), Name: "Pat", Role: casework.Comms},
	}
}

// TestWordsAreBounded: words beyond the bound are kept where they stand.
func TestWordsAreBounded(t *testing.T) {
	ws := words{codes: map[string]int{}}
	for n := range mostWords + 10 {
		w := fmt.Sprint("word ", n)
		b := ws.append(nil, w)
		u := unpacker{ws: &ws, s: string(b)}
		if got := u.word(); got != w || u.s != "" {
			t.Fatalf("%q was read as %q, %d bytes are left", w, got, len(u.s))
		}
	}
	if len(ws.list) != mostWords {
		t.Errorf("%d words are numbered", len(ws.list))
	}
}

// TestLargeIncident: an incident of many mentions, which is not packed, is the same in whatever order its mentions come, in every way of asking.
func TestLargeIncident(t *testing.T) {
	const n = 3 * mostPacked
	var events []casework.Event
	at := time.Unix(1_800_000_000, 0)
	for k := range n {
		e := casework.Event{Type: casework.Joined, Incident: "i", Mention: fmt.Sprint("x:", k), Audience: AudienceComms, Group: "thread:x:0", Route: "r",
			Reasons: []string{string(ReasonComplaint)}, At: at.Add(time.Duration(k) * time.Second)}
		if k == 0 {
			e.Type = casework.Escalated
		}
		events = append(events, e)
	}
	forward, mixed := NewLedger(), NewLedger()
	forward.Apply(events)
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, k := range rnd.Perm(n) {
		mixed.Apply(events[k : k+1])
	}
	v := casework.Viewer{Role: casework.Comms}
	want, err := forward.Get(v, "i")
	if err != nil || len(want.Mentions) != n {
		t.Fatalf("%d mentions, %v", len(want.Mentions), err)
	}
	for name, got := range map[string][]Incident{"list": mixed.List(v, Filter{Open: true, Waiting: true}), "of": mixed.Of(v, "x:7")} {
		if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for k := range n {
		mixed.Apply([]casework.Event{{ID: fmt.Sprint("c", k), Type: casework.Closed, Mention: fmt.Sprint("x:", k), At: at.Add(time.Hour)}})
	}
	if got := mixed.List(v, Filter{Open: true}); len(got) != 0 {
		t.Errorf("with every mention closed it is open still: %+v", got)
	}
}

// TestSlots: what was added under a hash is found, in order, also where many agree.
func TestSlots(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var s slots
	want := map[uint32][]slot{}
	for n := range slot(5000) {
		hash := []uint32{rnd.Uint32(), rnd.Uint32N(50), ^uint32(0) - rnd.Uint32N(50)}[rnd.IntN(3)]
		s.add(hash, n)
		want[hash] = append(want[hash], n)
		if rnd.IntN(10) == 0 {
			k := rnd.IntN(len(want[hash]))
			s.replace(hash, want[hash][k], n+10_000)
			want[hash][k] = n + 10_000
		}
	}
	for hash, ns := range want {
		var got []slot
		for n := range s.find(hash) {
			got = append(got, n)
		}
		if !reflect.DeepEqual(got, ns) {
			t.Errorf("under %x: %v, want %v", hash, got, ns)
		}
	}
	for range s.find(12345) {
		t.Error("something is found that nobody added")
	}
}
