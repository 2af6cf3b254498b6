package hook

import (
	"slices"
	"sync"
	"time"
)

// places are where the deliveries of one source stand while they are read and stored. When all are taken, a newcomer gets that of the delivery whose
// body has been on its way longest, if that is long: whoever sends slowly, which needs no key, keeps nobody out.
type places struct {
	mu      sync.Mutex
	taken   int
	reading []*visitor // whose bodies are on their way, oldest first
}

// visitor is one delivery.
type visitor struct {
	since time.Time
	cut   func() // ends the reading of its body
	gone  bool   // its place is another's
}

// enter returns nil when there is no place. What it returns must leave.
func (p *places) enter(now time.Time, cut func()) *visitor {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := &visitor{since: now, cut: cut}
	switch {
	case p.taken < atOnce:
		p.taken++
	case len(p.reading) == 0 || now.Sub(p.reading[0].since) < slowAfter:
		return nil
	default:
		p.reading[0].gone = true
		p.reading[0].cut()
		p.reading = slices.Delete(p.reading, 0, 1)
	}
	p.reading = append(p.reading, v)
	return v
}

// arrived notes that the body is here.
func (p *places) arrived(v *visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reading = slices.DeleteFunc(p.reading, func(x *visitor) bool { return x == v })
}

func (p *places) leave(v *visitor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !v.gone {
		p.taken--
	}
}
