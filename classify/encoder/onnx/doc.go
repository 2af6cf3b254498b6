// Package onnx runs models in ONNX Runtime through the library's C API, loaded while the program runs and called without a C compiler.
//
// It owns the part of that API that a text model needs: a library, a session, tensors in Go's memory. It knows nothing of what the
// numbers mean. A library stays loaded until the process ends. A Session may be run by many goroutines at once, each with tensors of
// its own; Close waits for none of them, so its owner must.
package onnx
