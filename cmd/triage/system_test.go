package main

import (
	"testing"

	"earshot/cmd/internal/cmdtest"
	"earshot/internal/machinetest"
)

func TestMain(m *testing.M) { cmdtest.Main(m) }

// system is the real triage on a data folder, as its user runs it.
type system struct {
	*cmdtest.Program
	t    testing.TB
	data string
}

// newSystem prepares a system with an empty data folder; env adds to its environment.
func newSystem(t testing.TB, data string, env ...string) *system {
	t.Helper()
	addr := machinetest.FreeAddress(t)
	return &system{t: t, data: data, Program: cmdtest.New(t, "triage", addr, append([]string{"EARSHOT_DATA=" + data, "EARSHOT_LISTEN=" + addr}, env...)...)}
}

// start starts the program and returns once it is ready and its API can be asked.
func (s *system) start() {
	s.t.Helper()
	s.Start()
	if s.Token == "" {
		s.Token = s.NewToken("comms", "test")
	}
}
