package judge_test

import (
	"testing"

	"earshot/classify/classifytest"
	"earshot/sources"
)

func FuzzClassify(f *testing.F) {
	for _, s := range classifytest.Everyday {
		f.Add(s)
	}
	for _, s := range []string{"", "\xff", "Joan on round", "£", "Garden waste £", "i d i o t", "Cllr", "KO, CS desk", "@a_bcd"} {
		f.Add(s)
	}
	c := saltmere(f)
	f.Fuzz(func(t *testing.T, s string) {
		m := classifytest.Mention("fuzz", s)
		vs, err := c.Classify(t.Context(), []sources.Mention{m})
		if err != nil || len(vs) != 1 {
			t.Fatalf("%d verdicts, %v", len(vs), err)
		}
		for _, fault := range classifytest.Check(&m, &vs[0]) {
			t.Errorf("%q: %s", s, fault)
		}
	})
}
