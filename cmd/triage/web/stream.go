package web

import (
	"sync"

	"earshot/index"
)

// Hub carries new and changed mentions to the open streams. Publish never blocks: a stream that reads too slowly is told that it lost some.
type Hub struct {
	mu     sync.Mutex
	subs   map[*subscription]struct{}
	closed bool
}

// Change is one mention that is new or changed.
type Change struct {
	New    bool
	Record index.Record
}

// streamQueue is how many changes one slow stream may lag behind before it loses some.
const streamQueue = 256

type subscription struct {
	changes chan Change
	lost    bool // guarded by Hub.mu
}

// NewHub returns a hub without streams.
func NewHub() *Hub { return &Hub{subs: map[*subscription]struct{}{}} }

// Publish hands c to every open stream, which decides by its own viewer whether to show it.
func (h *Hub) Publish(c Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.changes <- c:
		default:
			s.lost = true
		}
	}
}

// Close ends every stream and refuses new ones.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for s := range h.subs {
		close(s.changes)
		delete(h.subs, s)
	}
}

// subscribe returns nil when the hub is closed.
func (h *Hub) subscribe() *subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	s := &subscription{changes: make(chan Change, streamQueue)}
	h.subs[s] = struct{}{}
	return s
}

func (h *Hub) unsubscribe(s *subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, s)
}

// takeLost reports whether s lost changes since it was last asked.
func (h *Hub) takeLost(s *subscription) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	lost := s.lost
	s.lost = false
	return lost
}
