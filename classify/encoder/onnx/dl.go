//go:build (linux && (amd64 || arm64)) || (darwin && arm64)

package onnx

import (
	"fmt"

	"github.com/ebitengine/purego"
)

// open loads the library at path and returns its OrtApiBase.
func open(path string) (*base, error) {
	so, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, err
	}
	entry, err := purego.Dlsym(so, "OrtGetApiBase")
	if err != nil {
		return nil, fmt.Errorf("%s is not ONNX Runtime: %w", path, err)
	}
	var get func() *base
	register(&get, entry)
	return get(), nil
}

// register makes *fn, a function variable, call the C function at address.
func register(fn any, address uintptr) { purego.RegisterFunc(fn, address) }
