package web

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Sign-in limits. A guesser is held back by account and address together, so that nobody can lock somebody else out; and by address
// alone, so that one machine cannot try one password on everybody.
const (
	triesPerPair    = 5 // at once, then one every pairEvery
	pairEvery       = 30 * time.Second
	triesPerAddress = 60
	addressEvery    = 2 * time.Second
	limiterKeys     = 20_000 // remembered; the one used longest ago is forgotten
)

// limiter is one token bucket per key, for a bounded number of keys.
type limiter struct {
	every time.Duration
	burst int
	mu    sync.Mutex
	byKey map[string]*list.Element
	order *list.List // of *bucket, most recent first
}

type bucket struct {
	key string
	lim *rate.Limiter
}

func newLimiter(burst int, every time.Duration) *limiter {
	return &limiter{every: every, burst: burst, byKey: map[string]*list.Element{}, order: list.New()}
}

// allow takes one try from key's bucket, or says how long until there is one.
func (l *limiter) allow(key string, at time.Time) (ok bool, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	el := l.byKey[key]
	if el == nil {
		if l.order.Len() >= limiterKeys {
			last := l.order.Back()
			delete(l.byKey, last.Value.(*bucket).key)
			l.order.Remove(last)
		}
		el = l.order.PushFront(&bucket{key, rate.NewLimiter(rate.Every(l.every), l.burst)})
		l.byKey[key] = el
	}
	l.order.MoveToFront(el)
	r := el.Value.(*bucket).lim.ReserveN(at, 1)
	if d := r.DelayFrom(at); d > 0 {
		r.CancelAt(at)
		return false, d
	}
	return true, 0
}

// forget gives key a fresh bucket: after a right password.
func (l *limiter) forget(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if el := l.byKey[key]; el != nil {
		delete(l.byKey, key)
		l.order.Remove(el)
	}
}

// network is what limits count as one address: an IPv4 address, or the /64 of an IPv6 one, which one household has whole.
func network(addr netip.Addr) string {
	addr = addr.Unmap()
	if addr.Is6() {
		if p, err := addr.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return addr.String()
}
