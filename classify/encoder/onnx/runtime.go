package onnx

import (
	"errors"
	"fmt"
	"sync"
)

// Runtime is ONNX Runtime loaded into this process. Safe for concurrent use.
type Runtime struct {
	api     api
	env     uintptr
	memory  uintptr // describes Go's memory to the library
	version string
}

var (
	loadedMu sync.Mutex
	loaded   = map[string]*Runtime{} // by path
)

// Load loads the library at path, once in a process; the second call for a path returns the first one's Runtime.
func Load(path string) (*Runtime, error) {
	loadedMu.Lock()
	defer loadedMu.Unlock()
	if r := loaded[path]; r != nil {
		return r, nil
	}
	r, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("load ONNX Runtime: %w", err)
	}
	loaded[path] = r
	return r, nil
}

func load(path string) (*Runtime, error) {
	b, err := open(path)
	if err != nil {
		return nil, err
	}
	var (
		getAPI     func(version uint32) *table
		getVersion func() string
	)
	register(&getAPI, b.getAPI)
	register(&getVersion, b.getVersion)
	r := &Runtime{version: getVersion()}
	t := getAPI(apiVersion)
	if t == nil {
		return nil, fmt.Errorf("version %s is too old", r.version)
	}
	r.api.bind(t)
	if err := r.check(r.api.createEnv(severityError, "earshot", &r.env)); err != nil {
		return nil, err
	}
	// some builds for some systems send usage figures; this program sends nothing anywhere
	if err := r.check(r.api.disableTelemetry(r.env)); err != nil {
		return nil, err
	}
	return r, r.check(r.api.createMemoryInfo(allocatorArena, memoryDefault, &r.memory))
}

// Version is the library's own, such as 1.30.0.
func (r *Runtime) Version() string { return r.version }

// check turns s into an error and gives it back to the library.
func (r *Runtime) check(s status) error {
	if s == 0 {
		return nil
	}
	defer r.api.releaseStatus(s)
	return errors.New(r.api.errorMessage(s))
}
