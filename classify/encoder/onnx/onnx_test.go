package onnx_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"earshot/classify/encoder/onnx"
)

// load loads the library that `make encoder` fetched, or skips the test.
func load(t *testing.T) *onnx.Runtime {
	t.Helper()
	path := os.Getenv("EARSHOT_ENCODER_LIB")
	if path == "" {
		name := map[string]string{"linux": "libonnxruntime.so.1", "darwin": "libonnxruntime.1.dylib"}[runtime.GOOS]
		path = "../../../build/encoder/" + runtime.GOOS + "-" + runtime.GOARCH + "/" + name
		if _, err := os.Stat(path); err != nil {
			t.Skipf("needs ONNX Runtime for %s/%s (make encoder)", runtime.GOOS, runtime.GOARCH)
		}
	}
	rt, err := onnx.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := onnx.Load(path)
	if err != nil || again != rt {
		t.Fatalf("the second Load gave another runtime, %v", err)
	}
	return rt
}

var inputs, outputs = []string{"input_ids", "attention_mask", "token_type_ids"}, []string{"tags", "pair", "embedding"}

func session(t *testing.T, rt *onnx.Runtime, o onnx.Options) *onnx.Session {
	t.Helper()
	model, err := os.ReadFile("../testdata/tiny/model.onnx")
	if err != nil {
		t.Fatal(err)
	}
	s, err := rt.NewSession(model, inputs, outputs, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// tensors are right for two texts of three pieces.
func tensors() (in, out []onnx.Tensor) {
	for range inputs {
		in = append(in, onnx.Tensor{Shape: []int64{2, 3}, Int64: []int64{1, 1, 1, 1, 1, 1}})
	}
	for _, n := range []int64{5, 3, 32} {
		out = append(out, onnx.Tensor{Shape: []int64{2, n}, Float32: make([]float32, 2*n)})
	}
	return in, out
}

func TestRun(t *testing.T) {
	s := session(t, load(t), onnx.Options{})
	in, out := tensors()
	if err := s.Run(in, out); err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if out[i].Float32[0] == 0 {
			t.Errorf("%s was not written", outputs[i])
		}
	}
}

func TestMistakesAreErrors(t *testing.T) {
	rt := load(t)
	s := session(t, rt, onnx.Options{Threads: 2})
	for name, c := range map[string]struct {
		change func(in, out []onnx.Tensor)
		want   string
	}{
		"no numbers":           {func(in, _ []onnx.Tensor) { in[0].Int64 = nil }, "fill its shape"},
		"too few numbers":      {func(in, _ []onnx.Tensor) { in[0].Int64 = in[0].Int64[:5] }, "fill its shape"},
		"no shape":             {func(in, _ []onnx.Tensor) { in[0].Shape = nil }, "fill its shape"},
		"an empty shape":       {func(in, _ []onnx.Tensor) { in[0].Shape = []int64{0, 3} }, "fill its shape"},
		"a shape below zero":   {func(in, _ []onnx.Tensor) { in[0].Shape = []int64{-2, -3} }, "fill its shape"},
		"another output":       {func(_, out []onnx.Tensor) { out[0] = onnx.Tensor{Shape: []int64{2, 4}, Float32: make([]float32, 8)} }, "run the model"},
		"a piece there is not": {func(in, _ []onnx.Tensor) { in[0].Int64[0] = 5000 }, "run the model"},
	} {
		t.Run(name, func(t *testing.T) {
			in, out := tensors()
			c.change(in, out)
			if err := s.Run(in, out); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Run = %v, want %q", err, c.want)
			}
		})
	}
	in, out := tensors()
	if err := s.Run(in[:2], out); err == nil || !strings.Contains(err.Error(), "2 inputs") {
		t.Errorf("Run with an input too few = %v", err)
	}
	for name, model := range map[string][]byte{"empty": nil, "noise": []byte("not a model")} {
		if _, err := rt.NewSession(model, inputs, outputs, onnx.Options{}); err == nil {
			t.Errorf("an %s model was read", name)
		}
	}
	if rt.Version() == "" {
		t.Error("no version")
	}
}
