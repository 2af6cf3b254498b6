package onnx

import (
	"fmt"
	"runtime"
	"unsafe"
)

// Options says how a Session works.
type Options struct {
	Threads  int               // that share the work of one Run, the caller's included; 0 means 1
	Settings map[string]string // of the library, by its own names (onnxruntime_session_options_config_keys.h)
}

// Session is a model ready to run.
type Session struct {
	rt                *Runtime
	handle            uintptr
	inNames, outNames [][]byte // NUL at their end, as C wants them
}

// NewSession reads a model, whose bytes may be reused afterwards. Inputs and outputs are in the order of the names.
func (r *Runtime) NewSession(model []byte, inputs, outputs []string, o Options) (*Session, error) {
	if len(model) == 0 {
		return nil, fmt.Errorf("onnx: the model is empty")
	}
	var options uintptr
	if err := r.check(r.api.createSessionOptions(&options)); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	defer r.api.releaseOptions(options)
	if err := r.configure(options, o); err != nil {
		return nil, fmt.Errorf("onnx: %w", err)
	}
	s := &Session{rt: r, inNames: terminated(inputs), outNames: terminated(outputs)}
	err := r.check(r.api.createSession(r.env, unsafe.Pointer(&model[0]), uintptr(len(model)), options, &s.handle))
	runtime.KeepAlive(model)
	if err != nil {
		return nil, fmt.Errorf("onnx: read the model: %w", err)
	}
	return s, nil
}

func (r *Runtime) configure(options uintptr, o Options) error {
	// Shapes change with every run, so that a pattern of memory learnt from one is of no use to the next.
	steps := []status{
		r.api.disableMemPattern(options), r.api.setSeverity(options, severityError), r.api.setOptimization(options, optimizeAll),
		r.api.setIntraThreads(options, int32(max(1, o.Threads))), r.api.setInterThreads(options, 1),
		// a thread that waits must not burn a core that others need
		r.api.setEntry(options, "session.intra_op.allow_spinning", "0"),
	}
	for key, value := range o.Settings {
		steps = append(steps, r.api.setEntry(options, key, value))
	}
	var first error
	for _, s := range steps {
		if err := r.check(s); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func terminated(names []string) [][]byte {
	out := make([][]byte, len(names))
	for i, n := range names {
		out[i] = append([]byte(n), 0)
	}
	return out
}

// Tensor is an array in Go's memory. Either Int64 or Float32 holds its numbers, row by row, as many as Shape has places.
type Tensor struct {
	Shape   []int64
	Int64   []int64
	Float32 []float32
}

// Run reads inputs, at least one, in the order of NewSession's names, and writes outputs, whose shapes must be those that the model yields. It
// blocks until the model is through.
func (s *Session) Run(inputs, outputs []Tensor) error {
	if len(inputs) != len(s.inNames) || len(outputs) != len(s.outNames) {
		return fmt.Errorf("onnx: %d inputs and %d outputs, the model has %d and %d", len(inputs), len(outputs), len(s.inNames), len(s.outNames))
	}
	c := call{rt: s.rt}
	defer c.end()
	in, err := c.values(inputs)
	if err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	out, err := c.values(outputs)
	if err != nil {
		return fmt.Errorf("onnx: %w", err)
	}
	st := s.rt.api.run(s.handle, 0, c.names(s.inNames), in, uintptr(len(inputs)), c.names(s.outNames), uintptr(len(outputs)), out)
	if err := s.rt.check(st); err != nil {
		return fmt.Errorf("onnx: run the model: %w", err)
	}
	return nil
}

// Close frees the model. Nobody may be running it.
func (s *Session) Close() {
	if s.handle != 0 {
		s.rt.api.releaseSession(s.handle)
		s.handle = 0
	}
}
