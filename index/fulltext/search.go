package fulltext

import (
	"context"
	"fmt"
	"time"

	"earshot/index"
)

// found is what one shard has for a search.
type found struct {
	s    *shardView
	bits []uint64
	n    int
}

// Search answers r from one view of everything, however much is written meanwhile. A viewer who may not see mentions gets an empty
// answer. Errors: index.ErrBadCursor, wrapped; ctx.Err() between shards.
func (x *Index) Search(ctx context.Context, r index.Request) (res index.Result, err error) {
	start := time.Now()
	defer func() { x.cfg.Metrics.searched(res.Total, err, time.Since(start)) }()
	if r.Limit < 0 || r.Limit > index.MaxLimit {
		return res, fmt.Errorf("fulltext: limit is %d; 0 to %d is possible", r.Limit, index.MaxLimit)
	}
	if r.Sort == "" {
		r.Sort = index.Newest
	}
	cur, err := readCursor(r.Cursor, r.Sort)
	if err != nil {
		return res, err
	}
	x.running.RLock()
	defer x.running.RUnlock()
	v, err := x.acquire()
	if err != nil {
		return res, err
	}
	defer v.release()
	hits, err := x.match(ctx, v, &r)
	if err != nil {
		return res, err
	}
	for _, f := range hits {
		res.Total += f.n
	}
	if r.Facets {
		res.Facets = x.facets(hits)
	}
	if r.Limit == 0 {
		return res, nil
	}
	p := page{x: x, r: &r, cur: cur, hits: hits}
	res.Hits, res.Next, err = p.collect()
	return res, err
}

// match finds what r asks for, newest shard first, leaving out shards with nothing.
func (x *Index) match(ctx context.Context, v *view, r *index.Request) ([]found, error) {
	if !r.Viewer.SeesMentions() {
		return nil, nil
	}
	var out []found
	b := bounds(r)
	now := x.cfg.now()
	for _, s := range v.shards {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.last < b.from || s.first >= b.to {
			continue
		}
		e := &eval{x: x, viewer: r.Viewer, now: now, s: s}
		acc := e.start(b)
		if err := e.query(&r.Query, acc); err != nil {
			return nil, fmt.Errorf("search %s: %w", s.name, err)
		}
		if n := countWords(acc); n > 0 {
			out = append(out, found{s: s, bits: acc, n: n})
		}
	}
	return out, nil
}
