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

// FindLibrary returns the file of ONNX Runtime: in lib/ beside the program, as a download has it, or in build/encoder/ beside the
// program's folder, where `make encoder` puts it. ok is false when there is none.
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
	for _, dir := range []string{filepath.Join(beside, "lib"), filepath.Join(beside, "..", "build", "encoder")} {
		for _, name := range libraryNames[runtime.GOOS] {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, true
			}
		}
	}
	return "", false
}
