//go:build !((linux && (amd64 || arm64)) || (darwin && arm64))

package onnx

import (
	"fmt"
	"runtime"
)

func open(string) (*base, error) {
	return nil, fmt.Errorf("libraries cannot be loaded on %s/%s", runtime.GOOS, runtime.GOARCH)
}

// register is never reached: open has failed before.
func register(any, uintptr) {}
