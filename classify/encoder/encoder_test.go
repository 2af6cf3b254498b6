package encoder

import (
	"bufio"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"earshot/classify/classifytest"

	"github.com/go-json-experiment/json"
)

// score is a line of what classify/train/considered/scores.py writes.
type score struct {
	golden
	Tags      []float32 `json:"tags"`
	Pair      []float32 `json:"pair"`
	Embedding []float32 `json:"embedding"` // its beginning
}

// TestGivesTrainingsNumbers compares the numbers with those that Python read from the same file, for the tiny model and for the one
// inside the program.
func TestGivesTrainingsNumbers(t *testing.T) {
	models := map[string]Files{"testdata/tiny/scores.jsonl": tinyFiles(t)}
	if len(shippedModel) > 0 {
		models["testdata/shipped.jsonl"] = Shipped()
	}
	for file, files := range models {
		t.Run(file, func(t *testing.T) {
			e := openFiles(t, files, 2)
			var inputs []Input
			scores := readScores(t, file)
			for i := range scores {
				inputs = append(inputs, scores[i].input())
			}
			out, err := e.Encode(t.Context(), inputs)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) < 20 {
				t.Fatalf("%d texts prove too little", len(out))
			}
			for i, s := range scores {
				if d := max(apartBy(out[i].Tags, s.Tags), apartBy(out[i].Pair, s.Pair), apartBy(out[i].Embedding[:len(s.Embedding)], s.Embedding)); d > 1e-3 {
					t.Errorf("%.60q: %.2g from Python's numbers", s.Text, d)
				}
				if n := length(out[i].Embedding); math.Abs(n-1) > 1e-3 {
					t.Errorf("%.60q: its embedding is %.3f long", s.Text, n)
				}
			}
		})
	}
}

func readScores(t *testing.T, file string) (out []score) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for line := bufio.NewScanner(f); line.Scan(); {
		var s score
		if err := json.Unmarshal(line.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// apartBy is how far the farthest two numbers are apart; what has other lengths is infinitely far.
func apartBy(a, b []float32) (d float64) {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

func length(v []float32) (n float64) {
	for _, x := range v {
		n += float64(x) * float64(x)
	}
	return math.Sqrt(n)
}

func everyday() (out []Input) {
	for _, s := range classifytest.Everyday {
		out = append(out, Input{Text: Passage{Text: s}}, Input{Text: Passage{Text: s}, Fact: Passage{Text: "The library is open on Sunday."}})
	}
	return out
}

// TestCompanyChangesNothing encodes texts alone, all together and from many goroutines at once.
func TestCompanyChangesNothing(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 2)
	inputs := everyday()
	want, err := e.Encode(t.Context(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range inputs {
		wg.Go(func() {
			got, err := e.Encode(t.Context(), inputs[i:i+1])
			if err != nil || !same(got[0], want[i]) {
				t.Errorf("input %d alone: %v, %v; want %v", i, got, err, want[i])
			}
		})
	}
	wg.Wait()
	if same(want[0], want[1]) || slices.Equal(want[0].Tags, want[2].Tags) {
		t.Error("different inputs have the same numbers")
	}
}

func same(a, b Output) bool {
	return slices.Equal(a.Tags, b.Tags) && slices.Equal(a.Pair, b.Pair) && slices.Equal(a.Embedding, b.Embedding)
}

func TestHostileTextIsEncoded(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 2)
	var inputs []Input
	for _, s := range classifytest.Hostile {
		inputs = append(inputs, Input{Text: Passage{Text: s}}, Input{Text: Passage{Text: s}, Fact: Passage{Text: s}})
	}
	out, err := e.Encode(t.Context(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range out {
		for _, x := range slices.Concat(out[i].Tags, out[i].Pair, out[i].Embedding) {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				t.Errorf("%.40q: a number is %v", inputs[i].Text.Text, x)
			}
		}
	}
}

func TestNothingToEncode(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 1)
	if out, err := e.Encode(t.Context(), nil); len(out) != 0 || err != nil {
		t.Errorf("%v, %v", out, err)
	}
}

func TestCancelled(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Encode(ctx, everyday()); !errors.Is(err, context.Canceled) {
		t.Errorf("Encode = %v", err)
	}
}

// TestCloseWaits closes an encoder that others are using: each of them is served whole or told that it is closed.
func TestCloseWaits(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 2)
	var wg sync.WaitGroup
	started := make(chan struct{}, 8)
	for range cap(started) {
		wg.Go(func() {
			for n := 0; ; n++ {
				out, err := e.Encode(t.Context(), everyday())
				if n == 0 {
					started <- struct{}{}
				}
				if errors.Is(err, ErrClosed) {
					return
				}
				if err != nil || len(out[0].Tags) != 5 {
					t.Errorf("Encode = %v", err)
					return
				}
			}
		})
	}
	for range cap(started) {
		<-started
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Error(err)
	}
	wg.Wait()
}

func TestManifestIsServed(t *testing.T) {
	e := openFiles(t, tinyFiles(t), 0)
	if m := e.Manifest(); m.Version != "tiny" || len(m.Heads) != 5 || len(m.Pairs) != 3 || m.Dim != 32 || m.Batch != 1 {
		t.Errorf("%+v", m)
	}
	if e.Runtime() == "" || len(e.Pieces(Passage{Text: "the bins"})) != 2 {
		t.Errorf("runtime %q, pieces %v", e.Runtime(), e.Pieces(Passage{Text: "the bins"}))
	}
}

func TestNoRuntime(t *testing.T) {
	f := tinyFiles(t)
	other := filepath.Join(t.TempDir(), "other.so")
	if err := os.WriteFile(other, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, library := range map[string]string{"missing": "/nowhere/libonnxruntime.so.1", "something else": other} {
		_, err := Open(Config{Library: library, Files: &f})
		if !errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), "make encoder") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFindLibrary(t *testing.T) {
	root := t.TempDir()
	if path, ok := findLibrary(filepath.Join(root, "bin")); ok {
		t.Fatalf("found %s where there is nothing", path)
	}
	for _, dir := range []string{"build/encoder/" + runtime.GOOS + "-" + runtime.GOARCH, "lib/earshot", "bin/lib"} { // each goes before those above
		want := filepath.Join(root, filepath.FromSlash(dir), libraryNames[runtime.GOOS][0])
		if err := errors.Join(os.MkdirAll(filepath.Dir(want), 0o700), os.WriteFile(want, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		if path, ok := findLibrary(filepath.Join(root, "bin")); !ok || path != want {
			t.Errorf("found %q, want %q", path, want)
		}
	}
}

func TestDamagedModels(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *Files)
		want   string
	}{
		"none":           {func(f *Files) { f.Model = nil }, "model.onnx is empty"},
		"a changed byte": {func(f *Files) { f.Model = append(slices.Clone(f.Model[:len(f.Model)-1]), 1) }, "SHA-256"},
		"no sums":        {func(f *Files) { f.Sums = nil }, "SHA-256"},
		"vocabulary":     {func(f *Files) { f.Vocabulary = append(slices.Clone(f.Vocabulary), "x\n"...) }, "SHA-256 of its vocab.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			f := tinyFiles(t)
			c.change(&f)
			_, err := Open(Config{Files: &f, Library: "/nowhere"})
			if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open = %v, want %q", err, c.want)
			}
		})
	}
}

func TestManifests(t *testing.T) {
	for manifest, want := range map[string]string{
		`{`: "its manifest", `{"heads":["a"],"pairs":["b"],"dim":4,"max":128}`: "no version",
		`{"version":"1","heads":[],"pairs":["b"],"dim":4,"max":128}`:                  "does not name every number",
		`{"version":"1","heads":["a",""],"pairs":["b"],"dim":4,"max":128}`:            "does not name every number",
		`{"version":"1","heads":["a"],"pairs":["b"],"dim":4,"max":256}`:               "max 256",
		`{"version":"1","heads":["a"],"pairs":["b"],"dim":4,"max":128,"batch":10000}`: "batch 10000",
	} {
		if _, err := readManifest([]byte(manifest)); !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", manifest, err, want)
		}
	}
}

func TestVocabularyNeedsItsSpecialPieces(t *testing.T) {
	for _, name := range []string{"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[unused3]"} {
		_, err := NewTokenizer(strings.Replace(string(shippedVocabulary), name+"\n", "x\n", 1))
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
