package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
)

var t0 = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// town is a week of mentions with both verdicts known for every one.
type town struct {
	judged     map[string]*casework.Judged
	truth      map[string][]classify.Label
	population map[string]string
}

// newTown has n mentions: complaints are common, abuse is rare, the classifier errs in both directions.
func newTown(n int) *town {
	rng := rand.New(rand.NewPCG(3, 3))
	w := &town{map[string]*casework.Judged{}, map[string][]classify.Label{}, map[string]string{}}
	for i := range n {
		id := fmt.Sprint("x:", i)
		j := &casework.Judged{Model: "m", Labels: []classify.Label{}, Scores: map[classify.Label]float64{}}
		for _, k := range []struct {
			label            classify.Label
			base, hit, alarm float64
		}{{classify.Complaint, 0.4, 0.8, 0.1}, {classify.Abuse, 0.05, 0.7, 0.02}} {
			is := rng.Float64() < k.base
			if is {
				w.truth[id] = append(w.truth[id], k.label)
			}
			if rate := k.alarm; is && rng.Float64() < k.hit || !is && rng.Float64() < rate {
				j.Labels = append(j.Labels, k.label)
			}
		}
		w.judged[id], w.population[id] = j, StratumPlain
		for _, s := range slices.Backward(Strata) {
			if slices.Contains(j.Labels, classify.Label(s)) {
				w.population[id] = s
			}
		}
	}
	return w
}

// answer is a person's word on id for a draw.
func (w *town) answer(d *Draw, p Pick, at time.Time) casework.Event {
	s := d.Stratum(p.Stratum)
	return casework.Event{ID: d.Week + p.ID, Mention: p.ID, Type: casework.Audited, At: at, By: casework.Actor{Kind: "person", ID: "p"}, Labels: w.truth[p.ID],
		Judged: w.judged[p.ID], Sample: &casework.Sampled{Week: d.Week, Stratum: p.Stratum, Of: s.Of, Drawn: s.Drawn}}
}

func (w *town) audit(seed string, size int) []Item {
	d := Draw{Week: "2026-W47", At: t0}
	d.Strata, d.Picks = Choose([]byte(seed), w.population, size)
	var b Book
	for _, p := range d.Picks {
		b.Add([]casework.Event{w.answer(&d, p, t0.Add(time.Hour))})
	}
	items, _ := Weigh([]Draw{d}, b.Decisions())
	return items
}

func (r Rate) holds(x float64) bool { return r.Low <= x && x <= r.High }

// Over many draws the figures centre on the truth, and their intervals hold it about as often as they promise.
func TestTheSampleIsWithoutBias(t *testing.T) {
	w := newTown(3000)
	var whole []Item
	for id, j := range w.judged {
		whole = append(whole, Item{Mention: id, Weight: 1, Census: true, Judged: j, Right: w.truth[id]})
	}
	truth := Rates(whole)
	const draws = 60
	for _, k := range []int{0, 2} { // complaint, abuse
		said := func(x *Item) bool { return x.Said(truth[k].Label) }
		is := func(x *Item) bool { return x.Is(truth[k].Label) }
		var precision, recall, held float64
		for n := range draws {
			got := TagRates{}
			got.Precision, got.Recall = rates(w.audit(fmt.Sprint("seed", n), 200), said, is)
			precision += got.Precision.Value / draws
			recall += got.Recall.Value / draws
			if got.Precision.holds(truth[k].Precision.Value) {
				held += 1.0 / (2 * draws)
			}
			if got.Recall.holds(truth[k].Recall.Value) {
				held += 1.0 / (2 * draws)
			}
		}
		p, r := truth[k].Precision.Value, truth[k].Recall.Value
		if math.Abs(precision-p) > 0.02 || math.Abs(recall-r) > 0.05 {
			t.Errorf("%s: precision %.3f for %.3f, recall %.3f for %.3f", truth[k].Label, precision, p, recall, r)
		}
		if held < 0.88 {
			t.Errorf("%s: the intervals hold the truth %.0f times in 100", truth[k].Label, 100*held)
		}
		t.Logf("%s: precision %.3f for %.3f, recall %.3f for %.3f, held %.3f", truth[k].Label, precision, p, recall, r, held)
	}
}

// A sample taken without its weights would praise the recall of rare labels: the weights are what makes it honest.
func TestTheWeightsMatter(t *testing.T) {
	w := newTown(3000)
	const draws = 20
	var plain, weighted float64
	for n := range draws {
		items := w.audit(fmt.Sprint("w", n), 200)
		weighted += Rates(items)[2].Recall.Value / draws
		for i := range items {
			items[i].Weight = 1
		}
		plain += Rates(items)[2].Recall.Value / draws
	}
	if plain < weighted+0.1 {
		t.Errorf("recall of abuse: %.3f without weights, %.3f with", plain, weighted)
	}
}

func TestADrawIsTheSameHoweverOftenItIsMade(t *testing.T) {
	w := newTown(500)
	strata, picks := Choose([]byte("a"), w.population, 50)
	for range 5 { // maps come in another order each time
		s, p := Choose([]byte("a"), w.population, 50)
		if !reflect.DeepEqual(s, strata) || !reflect.DeepEqual(p, picks) {
			t.Fatal("another draw from the same seed")
		}
	}
	if _, other := Choose([]byte("b"), w.population, 50); reflect.DeepEqual(other, picks) {
		t.Error("another seed, the same draw")
	}
	if len(picks) != 50 {
		t.Errorf("%d drawn", len(picks))
	}
	for _, s := range strata {
		if s.Drawn < min(4, s.Of) {
			t.Errorf("stratum %s: %d of %d", s.Name, s.Drawn, s.Of)
		}
	}
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		counts []int
		size   int
		want   []int
	}{
		{[]int{0, 0, 0, 0, 0, 0, 10}, 50, []int{0, 0, 0, 0, 0, 0, 10}},
		{[]int{2, 0, 0, 0, 0, 0, 1000}, 50, []int{2, 0, 0, 0, 0, 0, 48}},
		{[]int{100, 0, 0, 0, 100, 0, 800}, 50, []int{7, 0, 0, 0, 7, 0, 36}},
		{[]int{1, 1, 1, 1, 1, 1, 1}, 3, []int{1, 1, 1, 0, 0, 0, 0}},
		{[]int{0, 0, 0, 0, 0, 0, 0}, 50, []int{0, 0, 0, 0, 0, 0, 0}},
	} {
		if got := allocate(c.counts, c.size); !slices.Equal(got, c.want) {
			t.Errorf("allocate(%v, %d) = %v, want %v", c.counts, c.size, got, c.want)
		}
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for range 500 {
		counts, total := make([]int, len(Strata)), 0
		for i := range counts {
			counts[i] = rng.IntN(60)
			total += counts[i]
		}
		size, sum := 1+rng.IntN(200), 0
		for i, n := range allocate(counts, size) {
			if sum += n; n > counts[i] || n < 0 {
				t.Fatalf("allocate(%v, %d) gives %d from stratum %d", counts, size, n, i)
			}
		}
		if sum != min(size, total) {
			t.Fatalf("allocate(%v, %d) gives %d", counts, size, sum)
		}
	}
}

func TestWeekBeginsOnMonday(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string][3]string{
		"2026-10-25T23:30:00Z": {"2026-W43", "2026-10-19T00:00:00+01:00", "2026-10-26T00:00:00Z"}, // the clocks change that night
		"2026-10-26T00:00:00Z": {"2026-W44", "2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z"},
		"2027-01-01T12:00:00Z": {"2026-W53", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, in)
		if err != nil {
			t.Fatal(err)
		}
		name, from, to := Week(at.In(london))
		if got := [3]string{name, from.Format(time.RFC3339), to.Format(time.RFC3339)}; got != want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

func TestBook(t *testing.T) {
	person := casework.Actor{Kind: "person", ID: "p"}
	j := &casework.Judged{Model: "m", Labels: []classify.Label{classify.Complaint}}
	events := []casework.Event{
		{ID: "1", Mention: "x:1", Type: casework.Relabelled, At: t0, By: person, Labels: []classify.Label{classify.Abuse}, Judged: j},
		{ID: "2", Mention: "x:2", Type: casework.Confirmed, At: t0.Add(1), By: person, Judged: j},
		{ID: "3", Mention: "x:3", Type: casework.Relabelled, At: t0.Add(2), By: person, Judged: j},
		{ID: "4", Mention: "x:3", Type: casework.Undone, Undoes: "3", At: t0.Add(3), By: person},
		{ID: "5", Mention: "x:4", Type: casework.Confirmed, At: t0, By: casework.Actor{Kind: "system", ID: "rule"}, Judged: j},
		{ID: "6", Mention: "x:5", Type: casework.Relabelled, At: t0, By: person},
		{ID: "7", Mention: "x:6", Type: casework.Relabelled, At: t0, By: person, Judged: j},
		{ID: "8", Mention: "x:6", Type: casework.Erased, At: t0, By: person},
	}
	var forth, back Book
	forth.Add(events)
	forth.Add(events)
	for _, e := range slices.Backward(events) {
		back.Add([]casework.Event{e})
	}
	got := forth.Decisions()
	if len(got) != 2 || got[0].Event != "1" || got[1].Event != "2" || !slices.Equal(got[1].Labels, j.Labels) {
		t.Errorf("decisions %+v", got)
	}
	if !reflect.DeepEqual(got, back.Decisions()) {
		t.Error("the order of the events changes the book")
	}
}

func TestADrawCountsOnceEveryStratumHasAnAnswer(t *testing.T) {
	w := newTown(400)
	d := Draw{Week: "2026-W47", At: t0, Decided: []string{"x:own", "x:late"}}
	d.Strata, d.Picks = Choose([]byte("s"), w.population, 30)
	own := casework.Event{ID: "own", Mention: "x:own", Type: casework.Relabelled, At: t0.Add(-time.Hour), By: casework.Actor{Kind: "person", ID: "p"},
		Judged: &casework.Judged{Model: "m", Labels: []classify.Label{classify.Trolling}}, Labels: []classify.Label{classify.Complaint}}
	late := own
	late.ID, late.Mention, late.At = "late", "x:late", t0.Add(time.Hour)
	var b Book
	b.Add([]casework.Event{own, late})
	missing := d.Picks[len(d.Picks)-1].Stratum
	for _, p := range d.Picks {
		if p.Stratum != missing {
			b.Add([]casework.Event{w.answer(&d, p, t0)})
		}
	}
	if items, waiting := Weigh([]Draw{d}, b.Decisions()); len(items) != 0 || waiting == 0 {
		t.Errorf("a sample without stratum %s gives %d items, %d waiting", missing, len(items), waiting)
	}
	for _, p := range d.Picks[len(d.Picks)-1:] {
		b.Add([]casework.Event{w.answer(&d, p, t0)})
	}
	items, waiting := Weigh([]Draw{d}, b.Decisions())
	total := 0.0
	for _, x := range items {
		total += x.Weight
	}
	if waiting != 0 || math.Abs(total-401) > 1e-6 {
		t.Errorf("the items stand for %.3f mentions of 400 and one decided on before; %d wait", total, waiting)
	}
	share, which := Dismissed(items)
	if share.N == 0 || !slices.Contains(which, "x:own") {
		t.Errorf("complaints judged trolling: %+v %v", share, which)
	}
}

// Where nobody found a missed mention among few answers, the interval says how many may be missed all the same.
func TestNothingFoundIsNotNothingThere(t *testing.T) {
	abuse := []classify.Label{classify.Abuse}
	var items []Item
	for range 12 {
		items = append(items, Item{Stratum: "abuse", Weight: 1, Judged: &casework.Judged{Labels: abuse}, Right: abuse})
	}
	for range 30 {
		items = append(items, Item{Stratum: StratumPlain, Weight: 100, Judged: &casework.Judged{}})
	}
	r := Rates(items)[2]
	if r.Recall.Value != 1 || r.Recall.Low > 0.3 || r.Precision.Low < 0.7 || !r.Recall.Shown() {
		t.Errorf("rates %+v", r)
	}
}

func TestCalibrationBands(t *testing.T) {
	var items []Item
	for i, score := range []float64{0, 0.1, 0.5, 0.55, 1} {
		x := Item{Weight: 1, Judged: &casework.Judged{Scores: map[classify.Label]float64{classify.Abuse: score}}}
		if i >= 3 {
			x.Right = []classify.Label{classify.Abuse}
		}
		items = append(items, x)
	}
	items[3].Weight = 3
	got := Calibration(items, classify.Abuse)
	if len(got) != bands || got[0].N != 2 || got[0].Found != 0 || got[2].N != 2 || got[2].Found != 0.75 || math.Abs(got[2].Said-0.5375) > 1e-9 || got[4].N != 1 || got[1].N != 0 {
		t.Errorf("bands %+v", got)
	}
}

func TestCompare(t *testing.T) {
	var items []Item
	for i := range 100 {
		x := Item{Stratum: "complaint", Weight: 1, Judged: &casework.Judged{Labels: []classify.Label{classify.Complaint}}}
		if i%2 == 0 {
			x.Right = []classify.Label{classify.Complaint}
		}
		items = append(items, x)
	}
	old := func(x *Item) []classify.Label { return x.Judged.Labels }
	perfect := func(x *Item) []classify.Label { return x.Right }
	if c := Compare(items, old, perfect); c.New != 1 || c.Old >= 0.7 || c.Low <= 0.2 || c.High < c.New-c.Old || !slices.Equal(c.Labels, []classify.Label{classify.Complaint}) {
		t.Errorf("a perfect version: %+v", c)
	}
	if c := Compare(items, old, old); c.Low != 0 || c.High != 0 || c.New != c.Old {
		t.Errorf("the same version: %+v", c)
	}
	if c := Compare(items[:3], old, perfect); len(c.Labels) != 0 || c.N != 3 {
		t.Errorf("too few answers: %+v", c)
	}
}
