package fulltext

import (
	"context"
	"errors"
	"fmt"
)

// looseSegments is how many segments of a shard are left for Compact: a search asks each of them, which costs microseconds.
const looseSegments = 12

// Tidy merges what bleve has put off in the shards that lie in many segments, as far as leaves few without writing old words over and
// over. It is for the time after a backlog: a call that finds nothing to do costs nothing, one that does takes seconds a shard,
// while searches and changes go on. The next Checkpoint lets searches see what it merged.
func (x *Index) Tidy(ctx context.Context) error {
	for _, s := range x.byAge() {
		err := x.merge(ctx, s, func(v *textView) bool { return len(v.segs) > looseSegments },
			func(ctx context.Context) error { return s.text.merge(ctx, tidy) })
		if err != nil {
			return fmt.Errorf("tidy %s: %w", s.name, err)
		}
	}
	return nil
}

// Compact merges every shard that lies in several files or holds words of mentions that are gone into one file: searches get faster, and
// the words of deleted and erased mentions leave the disk. The newest shard, which still grows, is merged only for what is gone. A call
// that finds nothing to do costs nothing; one that does may take minutes, while searches and changes go on.
func (x *Index) Compact(ctx context.Context) error {
	shards := x.byAge()
	for i, s := range shards {
		err := x.merge(ctx, s, func(v *textView) bool { return v.loose(i == len(shards)-1) }, func(ctx context.Context) error {
			x.wmu.Lock()
			err := s.text.pair(ctx)
			x.wmu.Unlock()
			if err != nil {
				return err
			}
			return s.text.merge(ctx, whole)
		})
		if err != nil {
			return fmt.Errorf("compact %s: %w", s.name, err)
		}
	}
	return x.Checkpoint(ctx)
}

func (x *Index) byAge() []*shard {
	x.wmu.Lock()
	defer x.wmu.Unlock()
	return x.sorted()
}

// merge calls fn for a shard whose newest view calls for it. One merge runs at a time; Close ends its context and waits for it.
func (x *Index) merge(ctx context.Context, s *shard, wanted func(*textView) bool, fn func(context.Context) error) error {
	x.compacting.Lock()
	defer x.compacting.Unlock()
	x.wmu.Lock()
	closed, due := x.closed, s.view != nil && wanted(s.view)
	x.wmu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case !due:
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(x.life, cancel)()
	return errors.Join(fn(ctx), ctx.Err())
}
