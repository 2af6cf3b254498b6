package hook

import (
	"encoding/binary"
	"testing"
	"time"
)

func TestMemoryIsBounded(t *testing.T) {
	m := &memory{most: 10}
	now := time.Now()
	name := func(n int) (k key) {
		binary.BigEndian.PutUint64(k[:], uint64(n))
		return k
	}
	for n := range 100 {
		m.add([]key{name(n)}, now.Add(time.Duration(n)*time.Minute))
	}
	if len(m.at) != 10 || len(m.order) != 10 || !m.has([]key{name(90), name(99)}, now) || m.has([]key{name(89)}, now) {
		t.Errorf("%d are kept", len(m.at))
	}
	m.add([]key{name(95)}, now.Add(50*time.Hour)) // by then all the others are older than two days
	if len(m.at) != 1 || !m.has([]key{name(95)}, now.Add(50*time.Hour)) {
		t.Errorf("%d are kept two days later", len(m.at))
	}
}
