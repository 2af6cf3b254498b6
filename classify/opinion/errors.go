package opinion

import "errors"

// What may be wrong with an answer; each is counted under its own name.
var (
	errTimeout   = errors.New("opinion: the server did not answer in time")
	errNetwork   = errors.New("opinion: the server cannot be reached")
	errThrottled = errors.New("opinion: the server asks for patience")
	errStatus    = errors.New("opinion: the server answered with an error")
	errShape     = errors.New("opinion: the answer is not in the form that was asked for")
	errRefused   = errors.New("opinion: the model refused to answer")
)

// results are the names under which calls are counted.
var results = []struct {
	err  error
	name string
}{
	{nil, "ok"}, {errTimeout, "timeout"}, {errNetwork, "network"}, {errThrottled, "throttled"}, {errStatus, "status"}, {errShape, "shape"}, {errRefused, "refused"},
}
