package learn

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"earshot/classify/corpus"
	"earshot/classify/linear"
)

// small are settings that learn a few posts in a moment.
func small() Config {
	c := Default
	c.Bits, c.Epochs = 14, 2
	return c
}

// sets are two worlds, cut short: enough to hold one out.
func sets(t *testing.T) []Set {
	t.Helper()
	worlds, err := corpus.Load("../corpus")
	if err != nil {
		t.Fatal(err)
	}
	if len(worlds) < 6 {
		t.Fatalf("%d worlds", len(worlds))
	}
	worlds = worlds[:2]
	for i := range worlds {
		worlds[i].Posts = worlds[i].Posts[:150]
	}
	out, err := Sets(small(), worlds, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTrainingIsDeterministic(t *testing.T) {
	s := sets(t)
	var files [2][]byte
	for i := range files {
		l, err := Learn(small(), s)
		if err != nil {
			t.Fatal(err)
		}
		if files[i], err = l.Model().Write(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the same posts gave two models")
	}
}

func TestTrainNeedsAWorldToHoldOut(t *testing.T) {
	if _, err := Learn(small(), sets(t)[:1]); err == nil {
		t.Error("one world was enough")
	}
}

// TestFitLearns teaches a head the word it depends on and asks about texts not seen.
func TestFitLearns(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	make1 := func(yes bool) Example {
		var e Example
		for range 8 {
			e.Vector[linear.Words] = append(e.Vector[linear.Words], linear.Feature{Bucket: 10 + r.Uint32N(50)})
		}
		e.Y, e.Weight = []float32{0}, 1
		if yes {
			e.Vector[linear.Words] = append(e.Vector[linear.Words], linear.Feature{Bucket: 3})
			e.Y[0] = 1
		}
		return e
	}
	var train []Example
	for i := range 200 {
		train = append(train, make1(i%4 == 0))
	}
	m := Fit(Config{Bits: 8, Epochs: 10, Rate: 0.3, MinSeen: 2, Seed: 1}, []string{"it"}, train)
	right := 0
	for i := range 100 {
		e := make1(i%2 == 0)
		var z [1]float32
		m.Score(&e.Vector, z[:])
		if (z[0] > 0) == (i%2 == 0) {
			right++
		}
	}
	if right < 97 {
		t.Errorf("%d of 100 right", right)
	}
}

// TestBoostLearnsWhatNoLineCan asks for the exclusive or of two numbers.
func TestBoostLearnsWhatNoLineCan(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var x [][]float32
	var y []bool
	for range 600 {
		a, b := r.Float32(), r.Float32()
		x, y = append(x, []float32{a, b, r.Float32()}), append(y, (a > 0.5) != (b > 0.5))
	}
	f := Boost(BoostConfig{Trees: 60, Rate: 0.3, L2: 1, MinLeaf: 1}, x[:400], y[:400])
	right := 0
	for i := 400; i < 600; i++ {
		if (f.Score(x[i]) > 0) == y[i] {
			right++
		}
	}
	if right < 180 {
		t.Errorf("%d of 200 right", right)
	}
}

// TestPlattIsCalibrated gives it logits that are twice as sure as they should be.
func TestPlattIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var z []float64
	var y []bool
	for range 20_000 {
		truth := r.NormFloat64()*2 - 1
		z, y = append(z, 2*truth), append(y, r.Float64() < 1/(1+math.Exp(-truth)))
	}
	a, b := platt(z, y)
	if math.Abs(a-0.5) > 0.05 || math.Abs(b) > 0.08 {
		t.Errorf("a %.3f, b %.3f; 0.5 and 0 are right", a, b)
	}
}

func TestThresholds(t *testing.T) {
	p := []float64{0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.04, 0.03}
	y := []bool{true, true, false, true, false, false, true, false, false, false, false, false}
	if got := firm(p, y, 0.005); got < 0.6 || got > 0.7 {
		t.Errorf("best F1 from %.2f", got)
	}
	if got := recallThreshold(p, y, 1, 0); got != 0.3 {
		t.Errorf("full recall from %.2f, not 0.3", got)
	}
	if got := firm(p, make([]bool, len(p)), 0.005); got != 1 {
		t.Errorf("without positives the threshold is %.2f, not 1", got)
	}
}
