package encoder

import (
	"bytes"
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"earshot/classify/corpus"
)

// benchFiles is the model in the folder that EARSHOT_BENCH_ENCODER names, or the one inside the program, or the tiny one where the
// program has none; the tiny one's figures say nothing about the real one's.
func benchFiles(b *testing.B) Files {
	b.Helper()
	if folder := os.Getenv("EARSHOT_BENCH_ENCODER"); folder != "" {
		f, err := ReadFiles(os.DirFS(folder))
		if err != nil {
			b.Fatal(err)
		}
		return f
	}
	if len(shippedModel) > 0 {
		return Shipped()
	}
	b.Log("the program has no model: these are the tiny one's figures")
	return tinyFiles(b)
}

// benchTexts are the corpus' posts about every council.
func benchTexts(b *testing.B) []string {
	b.Helper()
	worlds, err := corpus.Load("../corpus")
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for i := range worlds {
		for k := range worlds[i].Posts {
			out = append(out, worlds[i].Posts[k].Text)
		}
	}
	return out
}

// BenchmarkTokenize cuts the corpus on one goroutine.
func BenchmarkTokenize(b *testing.B) {
	tok := shippedTokenizer(b)
	texts := benchTexts(b)
	buf := make([]Piece, 0, MaxPieces)
	pieces := 0
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		buf = tok.Append(buf[:0], Passage{Text: texts[i%len(texts)]}, MaxPieces-2)
		pieces += len(buf)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
	b.ReportMetric(float64(pieces)/float64(b.N), "pieces/text")
}

// BenchmarkEncode encodes texts of about 36 pieces, tokenizing included; each round is one text of a call of 256.
func BenchmarkEncode(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run("threads="+strconv.Itoa(threads), func(b *testing.B) {
			e := openFiles(b, benchFiles(b), threads)
			inputs := about36(b, e)
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; {
				n := min(b.N-done, len(inputs))
				if _, err := e.Encode(context.Background(), inputs[:n]); err != nil {
					b.Fatal(err)
				}
				done += n
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

// about36 are texts of the corpus that e reads 36 pieces of, more or less.
func about36(b *testing.B, e *Encoder) (out []Input) {
	b.Helper()
	for _, s := range benchTexts(b) {
		if n := len(e.tokenizer.Append(nil, Passage{Text: s}, MaxPieces)) + 2; n >= 33 && n <= 39 && len(out) < 256 {
			out = append(out, Input{Text: Passage{Text: s}})
		}
	}
	if len(out) < 100 {
		b.Fatalf("only %d texts are of that length", len(out))
	}
	return out
}

// BenchmarkOne encodes one text of 36 pieces a call, as an idle program does.
func BenchmarkOne(b *testing.B) {
	e := openFiles(b, benchFiles(b), 1)
	inputs := about36(b, e)
	for i := 0; b.Loop(); i++ {
		if _, err := e.Encode(context.Background(), inputs[i%len(inputs):][:1]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen checks, reads and frees the model; the library is loaded before.
func BenchmarkOpen(b *testing.B) {
	f := benchFiles(b)
	openFiles(b, f, 1)
	for b.Loop() {
		e, err := Open(Config{Library: libraryPath(b), Files: &f})
		if err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}

// BenchmarkMemory says what an encoder adds to the process once it has read the longest texts, on two threads. The first round counts: run it
// alone, with -benchtime 1x.
func BenchmarkMemory(b *testing.B) {
	f, texts := benchFiles(b), benchTexts(b)
	var inputs []Input
	for _, s := range texts[:256] {
		inputs = append(inputs, Input{Text: Passage{Text: s}}, Input{Text: Passage{Text: strings.Repeat(s+" ", 20)}, Fact: Passage{Text: strings.Repeat(s+" ", 20)}})
	}
	for b.Loop() {
		before := resident(b)
		e := openFiles(b, f, 2)
		if _, err := e.Encode(context.Background(), inputs); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(resident(b)-before)/(1<<20), "MiB-added")
	}
}

// resident is the memory of this process in bytes, after what is unused was given back.
func resident(b *testing.B) int {
	b.Helper()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skipf("needs /proc: %v", err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	kib, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		b.Fatal(err)
	}
	return kib << 10
}
