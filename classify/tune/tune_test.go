package tune

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/classify"
	"earshot/classify/linear"
	"earshot/settings"
)

var cuts = map[string]settings.Tuning{"complaint": {A: 1, Threshold: 0.5, Low: 0.3, High: 0.625}, "abuse": {A: 1, Threshold: 0.4, Low: 0.24, High: 0.55}}

// council makes n answers of a council in which the truth lies shift below what the complaint scores say.
func council(n int, shift float64, seed uint64) []Example {
	rng := rand.New(rand.NewPCG(seed, 1))
	var out []Example
	for range n {
		z := 2 * rng.NormFloat64()
		x := Example{Weight: 1, Scores: map[classify.Label]float64{classify.Complaint: linear.Sigmoid(z), classify.Abuse: 0.05, classify.Trolling: 0.1, classify.Inaccuracy: 0.05}}
		if rng.Float64() < linear.Sigmoid(z+shift) {
			x.Is = []classify.Label{classify.Complaint}
		}
		out = append(out, x)
	}
	return out
}

// loss is the mean log loss of the complaint scores under t.
func loss(examples []Example, t settings.Tuning) float64 {
	sum := 0.0
	for i := range examples {
		row, is := rowsOf(examples[i:i+1], classify.Complaint)
		z := t.A*row[0][0] + t.B
		for k, o := range others(classify.Complaint) {
			z += t.Mix[string(o)] * row[0][2+k]
		}
		p := linear.Sigmoid(z)
		if !is[0] {
			p = 1 - p
		}
		sum -= math.Log(p)
	}
	return sum / float64(len(examples))
}

func TestFitLearnsAnotherCouncil(t *testing.T) {
	got, ok := Fit(council(600, -1.5, 1), cuts)["complaint"]
	if !ok {
		t.Fatal("nothing was learnt")
	}
	unseen := council(2000, -1.5, 2)
	before, after, ideal := loss(unseen, settings.Tuning{A: 1}), loss(unseen, got), loss(unseen, settings.Tuning{A: 1, B: -1.5})
	if after > before-0.1 || after > ideal+0.01 {
		t.Errorf("log loss %.4f before, %.4f after, %.4f at best; %+v", before, after, ideal, got)
	}
	if got.Low <= 0 || got.Low > got.Threshold || got.Threshold > got.High || got.High > 1 {
		t.Errorf("thresholds out of order: %+v", got)
	}
	if math.Abs(got.Low/got.Threshold-0.6) > 1e-9 {
		t.Errorf("the band of doubt is another: %+v", got)
	}
}

// A few answers must not undo what thousands of posts taught.
func TestFewAnswersMoveLittle(t *testing.T) {
	few, many := Fit(council(40, -1.5, 3), cuts)["complaint"], Fit(council(800, -1.5, 3), cuts)["complaint"]
	same := Fit(council(800, 0, 4), cuts)["complaint"]
	if few.B == 0 || math.Abs(few.B) > math.Abs(many.B)+0.2 || math.Abs(few.A-1) > 0.3 {
		t.Errorf("from forty answers %+v, from 800 %+v", few, many)
	}
	if math.Abs(same.A-1) > 0.15 || math.Abs(same.B) > 0.4 || math.Abs(same.Threshold-0.5) > 0.15 {
		t.Errorf("where nothing is to be learnt: %+v", same)
	}
}

func TestTooFewOfALabelLeaveItAsItCame(t *testing.T) {
	got := Fit(council(300, 0, 5), cuts)
	if _, ok := got["abuse"]; ok || len(got) != 1 {
		t.Errorf("learnt %v", got)
	}
	if got := Fit(nil, cuts); len(got) != 0 {
		t.Errorf("from nothing: %v", got)
	}
}

// An answer that stands for many mentions counts more, but not as if there had been many answers.
func TestWeights(t *testing.T) {
	examples := council(200, 0, 6)
	for i := range examples {
		if i%2 == 0 {
			examples[i].Weight = 100
		}
	}
	sum := 0.0
	for _, w := range effective(examples) {
		sum += w
	}
	if sum < 99 || sum > 105 {
		t.Errorf("200 answers, half of them a hundred times heavier, count as %.1f", sum)
	}
}

// Scores of nought and one, and labels that every score tells apart, must not make infinities.
func TestExtremesStayFinite(t *testing.T) {
	var examples []Example
	for i := range 100 {
		x := Example{Weight: 1, Scores: map[classify.Label]float64{classify.Complaint: float64(i % 2)}}
		if i%2 == 1 {
			x.Is = []classify.Label{classify.Complaint}
		}
		examples = append(examples, x)
	}
	c := settings.Classifier{Versions: []settings.ClassifierVersion{{Name: "local-1", Fast: Fit(examples, cuts)}}}
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{settings.CouncilFile: []byte("name: X\n"), settings.ClassifierFile: b}
	if _, err := settings.FromFiles(files); err != nil {
		t.Errorf("what was learnt cannot be used: %v", err)
	}
}
