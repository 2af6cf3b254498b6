package encoder

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"earshot/internal/machinetest"
)

// libraryPath is the file of ONNX Runtime, or the test is skipped.
func libraryPath(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("EARSHOT_ENCODER_LIB"); path != "" {
		return path
	}
	// as for a program in bin/ of this project
	path, ok := findLibrary(filepath.Join("..", "..", "bin"))
	if !ok {
		machinetest.Need(t, "ONNX Runtime for %s/%s (make encoder)", runtime.GOOS, runtime.GOARCH)
	}
	return path
}

// tinyFiles is a model of random numbers, see classify/train/considered/tiny.py.
func tinyFiles(t testing.TB) Files {
	t.Helper()
	f, err := ReadFiles(os.DirFS("testdata/tiny"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func openFiles(t testing.TB, f Files, threads int) *Encoder {
	t.Helper()
	e, err := Open(Config{Library: libraryPath(t), Files: &f, Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}
