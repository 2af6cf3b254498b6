package fulltext

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"earshot/sources"

	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/errgroup"
)

// Apply makes changes findable, in their order, all at once: no search sees a part of them. It is idempotent under redelivery: a
// mention by its version, casework by the IDs of events (the state is folded from all acts of a case), and a stream that is read again
// from an earlier place ends where it ended before. After an error nothing of changes is visible and the same call may be made again.
func (x *Index) Apply(ctx context.Context, changes []Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x.wmu.Lock()
	defer x.wmu.Unlock()
	if x.closed {
		return ErrClosed
	}
	start := time.Now()
	ops, err := gather(changes)
	if err != nil {
		return err
	}
	if err := x.planAll(ops); err != nil {
		return err
	}
	if err := x.writeWords(ops); err != nil {
		return fmt.Errorf("write %d changes to the search index: %w", len(changes), err)
	}
	for _, o := range ops {
		x.execute(o)
	}
	if err := x.publish(); err != nil {
		return fmt.Errorf("show %d changes: %w", len(changes), err)
	}
	x.cfg.Metrics.applied(len(changes), time.Since(start))
	return nil
}

func (x *Index) planAll(ops []*op) error {
	return x.db.View(func(tx *bolt.Tx) error {
		next := map[*shard]uint32{} // places that this Apply has promised
		for _, o := range ops {
			if err := x.plan(tx, o, next); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeWords hands the words of new mentions to bleve and their IDs to the files, shard by shard. Places that are not taken in the end are
// taken again by the next try, which replaces what stands there.
func (x *Index) writeWords(ops []*op) error {
	parts := map[*shard][]*op{}
	for _, o := range ops {
		if o.add {
			parts[o.shard] = append(parts[o.shard], o)
		}
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0)) // words take twenty times the room of the text
	for s, part := range parts {
		g.Go(func() error { return s.write(part) })
	}
	return g.Wait()
}

// wordsAtOnce is how many mentions' words are held at a time: each takes some 10 KiB until bleve has made a segment of them.
const wordsAtOnce = 2500

// write writes the words and IDs of mentions that take the shard's next places.
func (s *shard) write(ops []*op) error {
	if err := s.text.trouble.fatal(); err != nil {
		return err
	}
	var ids []byte
	for _, o := range ops {
		at := s.ids.size + int64(len(ids))
		if at > 1<<32-sources.MaxIDBytes || o.ord > maxOrd {
			return fmt.Errorf("shard %s is full", s.name)
		}
		o.doc.idAt = uint32(at)
		ids = append(ids, o.id...)
	}
	if err := s.ids.write(ids); err != nil {
		return err
	}
	for some := range slices.Chunk(ops, wordsAtOnce) {
		b := s.text.batch()
		for _, o := range some {
			if err := b.add(o.ord, analyse(o.tagged)); err != nil {
				return err
			}
		}
		if err := s.text.run(b); err != nil {
			return err
		}
	}
	return nil
}

// execute brings o into the writer's state. It cannot fail.
func (x *Index) execute(o *op) {
	if o.kill {
		x.kill(o.at)
		x.keys.drop(o.key)
	}
	var c *chunk
	var i uint16
	switch {
	case o.add:
		if got := o.shard.n(); got != o.ord {
			panic(fmt.Sprintf("fulltext: place %d was promised, %d is next", o.ord, got))
		}
		o.shard.ids.size += int64(o.doc.idLen)
		c, i = o.shard.add(o.doc, x.gen)
		x.keys.put(o.key, placeAt(o.shard.id, o.ord))
		for f := range numFields {
			c.fill(f, i, x.dict.all(f, o.attrs.values[f]))
		}
		if !o.attrs.due.IsZero() {
			c.putDue(i, o.attrs.due)
		}
	case o.update && x.differs(o):
		c, i = o.shard.own(o.ord, x.gen)
		x.put(c, i, &o.attrs)
	}
	if o.erased {
		if _, ok := x.erased[o.key]; !ok {
			x.erased[o.key], x.erasedFresh[o.key] = struct{}{}, struct{}{}
		}
	}
	if o.save {
		x.cases[o.key] = o.entry
	}
	x.wait(o)
}

// wait keeps the set of cases whose mention is not there.
func (x *Index) wait(o *op) {
	_, there := x.keys.get(o.key)
	switch {
	case there, o.save && o.entry == nil:
		delete(x.pending, o.key)
	case o.save:
		x.pending[o.key] = struct{}{}
	}
}

// differs reports whether o's attributes are not those that the mention carries.
func (x *Index) differs(o *op) bool {
	now := x.read(o.shard, o.ord)
	if !now.due.Equal(o.attrs.due) {
		return true
	}
	for f := range numFields {
		a, b := slices.Clone(now.values[f]), slices.Clone(o.attrs.values[f])
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, slices.Compact(b)) {
			return true
		}
	}
	return false
}

func (x *Index) put(c *chunk, i uint16, a *attrs) {
	for f := range numFields {
		c.put(f, i, x.dict.all(f, a.values[f]))
	}
	c.putDue(i, a.due)
}

func (x *Index) kill(p place) {
	s := x.byID[p.shard()]
	c, i := s.own(p.ord(), x.gen)
	c.kill(i)
	s.dead = append(s.dead, p.ord())
}
