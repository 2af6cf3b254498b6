package opinion

import (
	"crypto/sha256"
	"sync"
)

// cache keeps the newest answers by hash of what was asked. Safe for concurrent use.
type cache struct {
	mu   sync.Mutex
	by   map[[sha256.Size]byte]answer
	ring [][sha256.Size]byte // keys in order of arrival; the oldest is overwritten
	next int
	size int
}

func newCache(size int) *cache {
	return &cache{by: map[[sha256.Size]byte]answer{}, size: size}
}

func (c *cache) get(k [sha256.Size]byte) (answer, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.by[k]
	return a, ok
}

func (c *cache) put(k [sha256.Size]byte, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.by[k]; ok {
		return
	}
	if len(c.ring) < c.size {
		c.ring = append(c.ring, k)
	} else {
		delete(c.by, c.ring[c.next])
		c.ring[c.next] = k
		c.next = (c.next + 1) % c.size
	}
	c.by[k] = a
}
