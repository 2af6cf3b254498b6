package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"earshot/classify/roster"
	"earshot/classify/text"
	"earshot/settings"
)

var people = []settings.Person{
	{Name: "Joan Wetherell", Job: "Refuse driver", Team: "Waste, round 4", Grade: settings.Junior, Handles: []string{"joan_saltmere"}},
	{Name: "Tunde Aremu-Scott", Job: "Neighbourhood Housing Officer", Team: "Garnet Estate Office", Grade: settings.Junior},
	{Name: "Siân Whittall", Job: "Library Assistant", Team: "Castle Library", Grade: settings.Junior, AlsoKnownAs: []string{"book lady"}},
	{Name: "Karen Baker", Job: "Customer Services Adviser", Team: "Customer Services desk", Grade: settings.Junior},
	{Name: "Amit Deshpande", Job: "Chief Executive", Grade: settings.Senior},
	{Name: "Cllr Ros Tibbald", Job: "Leader of the Council", Grade: settings.Member},
	{Name: "Cllr Omar Baker", Job: "Ward councillor", Grade: settings.Member},
	{Name: "Kerry-Ann Hague", Job: "Social Worker", Team: "Adult Social Care", Grade: settings.Junior},
	{Name: "Gary Pocklington", Job: "Civil Enforcement Officer, badge SR114", Team: "Parking", Grade: settings.Junior},
	{Name: "Donna Fenwick", Job: "Adviser", Team: "Contact Centre", Grade: settings.Junior},
	{Name: "Cllr Bob Fenwick", Job: "Ward councillor", Grade: settings.Member},
	{Name: "Oliver Quill", Job: "Adviser", Team: "Contact Centre", Grade: settings.Junior},
	{Name: "Grace Owusu", Job: "Library Assistant", Team: "Orchard Row Library", Grade: settings.Junior},
}

// found lists who is found in s and by what.
func found(r *roster.Roster, s string) string {
	d := text.Parse(s)
	var out []string
	for _, m := range r.Find(d, d.Items(nil, nil), nil) {
		start, end := d.Span(m.From, m.To)
		out = append(out, fmt.Sprintf("%s %q (%s)", m.Name, s[start:end], m.How))
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	r := roster.New(people)
	for _, c := range []struct{ in, want string }{
		{"Joan Wetherell was kind", `Joan Wetherell "Joan Wetherell" (full name)`},
		{"joan wetherel was kind", `Joan Wetherell "joan wetherel" (full name)`},
		{"Jaon Wetherell was kind", `Joan Wetherell "Jaon Wetherell" (full name)`},
		{"JOANWETHERELL", `Joan Wetherell "JOANWETHERELL" (full name)`},
		{"ask @Joan_Saltmere", `Joan Wetherell "@Joan_Saltmere" (handle)`},
		{"Joan on round 4 waited", `Joan Wetherell "Joan on round 4" (first name and team)`},
		{"Joan at number 4 waited", ``},
		{"my neighbour Joan Hartley on round 4", ``},
		{"J. Wetherell signed it", `Joan Wetherell "J. Wetherell" (initials)`},
		{"Mrs Wetherell rang", `Joan Wetherell "Mrs Wetherell" (title and surname)`},
		{"that wetherell woman", `Joan Wetherell "wetherell" (surname)`},
		{"Peter Wetherell, the butcher", ``},
		{"Wetherell Road is closed", ``},
		{"Tunde at the Garnet office has it", `Tunde Aremu-Scott "Tunde at the Garnet office" (first name and team)`},
		{"tunde aremu scott", `Tunde Aremu-Scott "tunde aremu scott" (full name)`},
		{"T. Aremu-Scott", `Tunde Aremu-Scott "T. Aremu-Scott" (initials)`},
		{"Sian Whitall in the library", `Siân Whittall "Sian Whitall" (full name)`},
		{"the book lady helped", `Siân Whittall "book lady" (nickname)`},
		{"a baker on the high street", ``},
		{"Cllr Baker voted for it", `Cllr Omar Baker "Cllr Baker" (title and surname)`},
		{"Karen Baker on the desk", `Karen Baker "Karen Baker" (full name)`},
		{"what a Karen", ``},
		{"Tibbald must go", `Cllr Ros Tibbald "Tibbald" (surname)`},
		{"Councillor Tibald must go", `Cllr Ros Tibbald "Councillor Tibald" (title and surname)`},
		{"Deepa on switchboard was lovely", `Deepa on switchboard "Deepa on switchboard" (first name and team, not on the roster)`},
		{"Dave from the chippy was lovely", ``},
		{"Kerry-Ann on the social care desk", `Kerry-Ann Hague "Kerry-Ann on the social care" (first name and team)`},
		{"Kerry-Ann Haig is a saint", `Kerry-Ann Hague "Kerry-Ann Haig" (full name)`},
		{"Joan W, round 4, waved", `Joan Wetherell "Joan W, round 4" (first name and team)`},
		{"Joan (refuse) waved", `Joan Wetherell "Joan (refuse" (first name and team)`},
		{"ask JoanW at the depot", `Joan Wetherell "JoanW" (initials)`},
		{"an officer called Gary fined me", `Gary Pocklington "Gary" (first name and team)`},
		{"a police officer called Gary fined me", ``},
		{"warden SR114 helped my mum", `Gary Pocklington "SR114" (nickname)`},
		{"warden SR207 helped my mum", `warden SR207 "warden SR207" (first name and team, not on the roster)`},
		{"the SR207 bus", ``},
		{"ask @ollie_saltmereCC or @DFenwick_SDC", `Oliver Quill "@ollie_saltmereCC" (handle); Donna Fenwick "@DFenwick_SDC" (handle)`},
		{"ask @ollie_loves_cake", ``},
		{"Fenwick, my bin", `Cllr Bob Fenwick "Fenwick" (surname)`},
		{"Fenwick at the contact centre hung up", `Donna Fenwick "Fenwick" (surname)`},
		{"found a quill by the pond", ``},
		{"the Fenwick by the bridge has shut", ``},
		{"Fenwick's Minicabs never came", ``},
		{"Kerry from my flat got charged by social care", ``},
		{"our Donna Fenwick won the race", ``},
		{"after my husband's funeral. Donna Fenwick was kind", `Donna Fenwick "Donna Fenwick" (full name)`},
		{"Dougie drives the gritter", `Dougie drives the gritter "Dougie drives the gritter" (first name and team, not on the roster)`},
		{"Wyn, the park ranger, was kind", `Wyn, the park ranger "Wyn, the park ranger" (first name and team, not on the roster)`},
		{"Dave the bin man was kind", `Dave the bin man "Dave the bin man" (first name and team, not on the roster)`},
		{"Jackie, the brown bin is optional", ``},
		{"grace at orchard row library", `Grace Owusu "grace at orchard row library" (first name and team)`},
		{"at the orchard library they say grace", ``},
	} {
		if got := found(r, c.in); got != c.want {
			t.Errorf("%q finds\n  %s, not\n  %s", c.in, got, c.want)
		}
	}
}

func TestPeopleWithOddNames(t *testing.T) {
	r := roster.New([]settings.Person{{}, {Name: "Ω"}, {Name: "Cllr"}, {Name: "  "}, {Name: "X Æ"}, {Name: "Mr Smith"}, {Name: "漢字 仮名"}, {Handles: []string{"", "@only_handle"}, Grade: settings.Member}})
	if got := found(r, "@only_handle and 漢字 仮名"); !strings.Contains(got, "handle") {
		t.Errorf("found %s", got)
	}
}

// big is a roster of n invented people.
func big(n int) []settings.Person {
	first := []string{"Joan", "Amit", "Ros", "Tunde", "Karen", "Piotr", "Bethan", "Imran", "Callum", "Wendy"}
	part := []string{"ash", "bel", "cor", "dun", "ell", "far", "gar", "hol", "ing", "jar", "kel", "lam", "mar", "nor", "oak", "pen", "quin", "rad", "sel", "tor"}
	out := make([]settings.Person, n)
	for i := range out {
		last := part[i%20] + part[i/20%20] + part[i/400%20] + part[i/8000%20]
		out[i] = settings.Person{Name: first[i%10] + " " + strings.ToUpper(last[:1]) + last[1:], Job: "Refuse loader", Team: fmt.Sprintf("Waste, round %d", i), Grade: settings.Junior}
	}
	return out
}

func TestTwentyThousandPeople(t *testing.T) {
	ps := big(20_000)
	r := roster.New(ps)
	for _, i := range []int{0, 7, 4_321, 19_999} {
		if got := found(r, "I spoke to "+ps[i].Name+" today"); !strings.HasPrefix(got, ps[i].Name) {
			t.Errorf("%s: found %s", ps[i].Name, got)
		}
	}
}

func FuzzFind(f *testing.F) {
	r := roster.New(people)
	for _, s := range []string{"", "Joan on", "Cllr", "T. Aremu", "Joan Joan Joan", "K. K. K.", "@", "Sian-Whittall", "tunde aremu", "at the orchard library they say grace", "officer grace", "kerry ann h", "SR114 gary"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := text.Parse(s)
		end := 0
		for _, m := range r.Find(d, d.Items(nil, nil), nil) {
			if m.From < end || m.To <= m.From || m.To > len(d.Tokens) {
				t.Fatalf("%q: match %+v after token %d", s, m, end)
			}
			end = m.To
		}
	})
}

func BenchmarkFind20000(b *testing.B) {
	r := roster.New(big(20_000))
	d := text.Parse("Brown bin missed again on Tansey Road, thats twice this month. Joan on round 4 said Dunashcor Elling would ring and nobody has been back for it.")
	items := d.Items(nil, nil)
	var out []roster.Match
	b.ReportAllocs()
	for b.Loop() {
		out = r.Find(d, items, out[:0])
	}
}
