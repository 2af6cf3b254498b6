package fulltext

import (
	"slices"
	"strings"
	"sync/atomic"
)

// view is what a search sees: nothing of it ever changes. It is counted, and lets go of its shards' words with the last search.
type view struct {
	refs   atomic.Int64
	shards []*shardView // newest first
	n      int          // mentions that can be found
}

// shardView is one shard of a view.
type shardView struct {
	name   string
	chunks []*chunk
	order  order
	text   *textView
	ids    *idFile
	live   int
	first  int64 // created, of all mentions, also those that are gone
	last   int64
}

func (v *view) release() {
	if v.refs.Add(-1) == 0 {
		for _, s := range v.shards {
			s.text.release()
		}
	}
}

// view returns what the shard looks like now.
func (s *shard) viewNow() *shardView {
	v := &shardView{name: s.name, chunks: slices.Clone(s.chunks), order: s.order, text: s.view, ids: s.ids}
	for i, c := range s.chunks {
		v.live += c.liveN
		if i == 0 || c.first < v.first {
			v.first = c.first
		}
		if i == 0 || c.last > v.last {
			v.last = c.last
		}
	}
	return v
}

// publish makes the writer's state what searches see. Words are pinned first: when that fails nothing is seen of the state, and the
// next publish tries again.
func (x *Index) publish() error {
	fresh := map[*shard]*textView{}
	for _, s := range x.shards {
		if !s.changed && s.view != nil {
			continue
		}
		tv, err := s.text.view(s.view)
		if err != nil {
			for _, tv := range fresh {
				tv.release()
			}
			return err
		}
		fresh[s] = tv
	}
	x.vmu.RLock()
	old := x.view
	x.vmu.RUnlock()
	byName := map[string]*shardView{}
	if old != nil {
		for _, sv := range old.shards {
			byName[sv.name] = sv
		}
	}
	next := &view{}
	next.refs.Store(1)
	for _, s := range x.shards {
		sv := byName[s.name]
		if tv := fresh[s]; tv != nil {
			if s.view != nil {
				s.view.release()
			}
			s.view, s.changed = tv, false
			s.order = s.order.with(s.chunks, s.fresh)
			s.fresh = nil
			sv = s.viewNow()
		}
		if sv == nil || sv.live == 0 { // nil: it was empty before and has not changed
			continue
		}
		sv.text.acquire()
		next.shards = append(next.shards, sv)
		next.n += sv.live
	}
	slices.SortFunc(next.shards, func(a, b *shardView) int { return strings.Compare(b.name, a.name) })
	x.gen++
	x.swap(next)
	return nil
}

// swap puts next in the place of the view.
func (x *Index) swap(next *view) {
	x.vmu.Lock()
	old := x.view
	x.view = next
	x.vmu.Unlock()
	if old != nil {
		old.release()
	}
	if next != nil {
		x.cfg.Metrics.mentions(next.n)
	}
}

// acquire returns the newest view, to be released.
func (x *Index) acquire() (*view, error) {
	x.vmu.RLock()
	defer x.vmu.RUnlock()
	if x.view == nil {
		return nil, ErrClosed
	}
	x.view.refs.Add(1)
	return x.view, nil
}
