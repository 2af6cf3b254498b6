package hook

import (
	"sync"
	"time"
)

const (
	rememberFor = 48 * time.Hour
	remembered  = 20_000 // deliveries of one source, about 2 MiB
)

// key names one event or one body: half of its SHA-256.
type key [16]byte

// memory knows what was delivered in the last 48 hours, the newest of it when that is much.
type memory struct {
	most int

	mu    sync.Mutex
	at    map[key]time.Time
	order []key // oldest first
}

// has says whether all of keys are known: a delivery with one new event is a new one.
func (m *memory) has(keys []key, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		if at, ok := m.at[k]; !ok || now.Sub(at) > rememberFor {
			return false
		}
	}
	return len(keys) > 0
}

// add remembers keys and forgets what is too old or too much.
func (m *memory) add(keys []key, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil {
		m.at = map[key]time.Time{}
	}
	for len(m.order) > 0 && now.Sub(m.at[m.order[0]]) > rememberFor {
		m.forgetOldest()
	}
	for _, k := range keys {
		if _, ok := m.at[k]; !ok {
			m.order = append(m.order, k)
			m.at[k] = now
		}
	}
	for len(m.order) > m.most {
		m.forgetOldest()
	}
}

func (m *memory) forgetOldest() {
	delete(m.at, m.order[0])
	m.order = m.order[1:]
}
