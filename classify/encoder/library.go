package encoder

import (
	"os"
	"path/filepath"
	"runtime"
)

// libraryNames are what the library's file is called, by operating system.
var libraryNames = map[string][]string{
	"linux":  {"libonnxruntime.so.1", "libonnxruntime.so"},
	"darwin": {"libonnxruntime.1.dylib", "libonnxruntime.dylib"},
}

// FindLibrary returns the file of ONNX Runtime: in lib/ beside the program, as a download has it, in lib/earshot/ beside the program's
// folder, as the image has it, or in build/encoder/, where `make encoder` puts it. ok is false when there is none.
func FindLibrary() (path string, ok bool) {
	program, err := os.Executable()
	if err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(program); err == nil {
		program = real
	}
	return findLibrary(filepath.Dir(program))
}

func findLibrary(beside string) (string, bool) {
	for _, dir := range []string{"lib", "../lib/earshot", "../build/encoder/" + runtime.GOOS + "-" + runtime.GOARCH} {
		for _, name := range libraryNames[runtime.GOOS] {
			path := filepath.Join(beside, filepath.FromSlash(dir), name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, true
			}
		}
	}
	return "", false
}
