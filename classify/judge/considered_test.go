package judge_test

import (
	"context"
	"hash/fnv"
	"testing"

	"earshot/classify"
	"earshot/classify/classifytest"
	"earshot/classify/judge"
	"earshot/settings"
	"earshot/sources"
)

// hashing is a Reader whose answers depend on nothing but the text: it stands for an encoder where there is none. Facts found by words are
// read, and one by vector.
type hashing struct{}

func (hashing) Read(ctx context.Context, texts []judge.Text) ([]judge.Reading, error) {
	out := make([]judge.Reading, len(texts))
	for i, t := range texts {
		h := fnv.New32a()
		h.Write([]byte(t.Passage.Text))
		sum := h.Sum32()
		for k := range len(judge.Heads) {
			out[i].Tags = append(out[i].Tags, float32(sum>>(k%24)&15)-8)
		}
		for _, at := range append(t.Near[:len(t.Near):len(t.Near)], 0)[:1] {
			out[i].Facts = append(out[i].Facts, judge.FactReading{Fact: at, Near: 0.5, Stances: [4]float32{float32(sum&7) - 3, 1, 0, -1}})
		}
	}
	return out, ctx.Err()
}

// considering is saltmere's considered classifier. Where the model inside the program has not learnt to weigh an encoder, the forests of
// the fast layer decide.
func considering(tb testing.TB) *judge.Considered {
	tb.Helper()
	shipped, err := judge.Shipped()
	if err != nil {
		tb.Fatal(err)
	}
	m := *shipped
	if len(m.Considered.Second) == 0 {
		m.Considered = m.Fast
	}
	c, err := saltmereWith(tb, &m).Considered(hashing{}, "hashing")
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestSuiteConsidered(t *testing.T) {
	classifytest.Run(t, func(tb testing.TB) classify.Classifier { return considering(tb) })
}

// tagsOnly reads a text and no fact: there is none.
type tagsOnly struct{}

func (tagsOnly) Read(ctx context.Context, texts []judge.Text) ([]judge.Reading, error) {
	out := make([]judge.Reading, len(texts))
	for i := range out {
		out[i].Tags = make([]float32, len(judge.Heads))
	}
	return out, ctx.Err()
}

// TestConsideredWithoutARegister: a council that has entered no facts gets considered verdicts all the same, of numbers too.
func TestConsideredWithoutARegister(t *testing.T) {
	fast, err := judge.New(judge.Config{Council: settings.Council{Name: "Saltmere Borough Council"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := fast.Considered(tagsOnly{}, "tags only")
	if err != nil {
		t.Fatal(err)
	}
	ms := []sources.Mention{{ID: "x:1", Platform: "x", Text: "Two weeks and four days without a collection, £58 for nothing"}, {ID: "x:2", Platform: "x", Text: "ok"}}
	got, err := c.Classify(t.Context(), ms)
	if err != nil || len(got) != 2 || got[0].Stage != classify.Considered {
		t.Errorf("got %d verdicts, %v", len(got), err)
	}
}
