package encoder

import "runtime"

// Config says how an Encoder works.
type Config struct {
	Library string // file of ONNX Runtime; empty: looked for beside the program, see FindLibrary
	Threads int    // how many cores it may use, each on texts of its own; 0: as many as Go uses, at most 2
	Files   *Files // the model; nil: the one inside the program
}

func (c Config) threads() int {
	if c.Threads > 0 {
		return c.Threads
	}
	return min(runtime.GOMAXPROCS(0), defaultThreads)
}

// defaultThreads leaves the other cores to the stages that follow.
const defaultThreads = 2
