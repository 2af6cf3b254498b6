package encoder

import "errors"

var (
	// ErrNoRuntime is returned by Open where ONNX Runtime cannot be loaded. Its text says how to mend it.
	ErrNoRuntime = errors.New("encoder: ONNX Runtime is not here; run `make encoder`, or name its library in EARSHOT_ENCODER_LIB")
	// ErrModel is wrapped by every error about the model's own files.
	ErrModel = errors.New("encoder: the model cannot be used")
	// ErrClosed is returned by Encode after Close.
	ErrClosed = errors.New("encoder: it is closed")
)
