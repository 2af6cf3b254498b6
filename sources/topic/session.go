package topic

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
)

// session is one generation of a group on this member: the partitions it was given until they are taken away.
type session struct {
	c    *Client
	cfg  *ConsumeConfig
	gen  *kafka.Generation
	from map[laneKey]int64

	handled   map[laneKey]int64 // everything below has been through Handle
	committed map[laneKey]int64
	ends      map[laneKey]int64
	lastDone  time.Time // of the last commit
	busy      bool      // the last batch was large: more is coming
}

func newSession(c *Client, cfg *ConsumeConfig, gen *kafka.Generation) *session {
	s := &session{
		c: c, cfg: cfg, gen: gen, from: map[laneKey]int64{},
		handled: map[laneKey]int64{}, committed: map[laneKey]int64{}, ends: map[laneKey]int64{}, lastDone: time.Now(),
	}
	for _, t := range cfg.Topics {
		for _, p := range gen.Assignments[c.name(t)] {
			s.from[laneKey{t, p.ID}] = p.Offset
		}
	}
	return s
}

// errMoved ends a session whose commit the brokers refused: the partitions have moved, or the coordinator is away.
var errMoved = errors.New("topic: membership is over")

// run reads until ctx ends, which happens when the caller stops or the generation does.
func (s *session) run(ctx, gen context.Context) error {
	s.c.log.Debug("partitions assigned", "group", s.cfg.Group, "partitions", len(s.from))
	reading, stop := context.WithCancel(ctx)
	var streams sync.WaitGroup
	defer func() { stop(); streams.Wait() }()
	chunks := make(chan chunk)
	for key, at := range s.from {
		streams.Go(func() { s.c.stream(reading, key.topic, key.partition, at, chunks) })
	}
	work, cancel := s.outlive(ctx, gen)
	defer cancel()
	err := s.loop(ctx, work, chunks)
	stop()
	if err == nil {
		err = s.commit(ctx, work)
	}
	if errors.Is(err, errMoved) || errors.Is(err, errHeld) {
		return nil
	}
	return err
}

// outlive is the context of handlers: it ends a while after ctx, so that work in hand is finished.
func (s *session) outlive(ctx, gen context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	unhook := context.AfterFunc(ctx, func() {
		grace := s.cfg.StopGrace
		if gen.Err() != nil {
			grace = handoverGrace
		}
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(work, func() { timer.Stop() })
	})
	return work, func() { unhook(); cancel() }
}

// loop gathers, handles and commits until ctx ends.
func (s *session) loop(ctx, work context.Context, chunks <-chan chunk) error {
	for {
		got, ok := s.gather(ctx, chunks)
		if !ok {
			return nil
		}
		if err := s.handle(ctx, work, got); err != nil {
			return err
		}
		if s.due() {
			if err := s.commit(ctx, work); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// commitSeldom is by how much commits are further apart while much comes, which is batches of a largeBatch-th of what they may hold. Each is an fsync a partition on the goroutine of the embedded
// broker that answers everybody, and makes the stage wait for its own disk; what it saves is work done again after a crash.
const (
	commitSeldom = 4
	largeBatch   = 32
)

// due says whether it is time to commit.
func (s *session) due() bool {
	every := s.cfg.CommitEvery
	if s.busy {
		every *= commitSeldom
	}
	return time.Since(s.lastDone) >= every
}

// wait is how long a batch is gathered.
func (s *session) wait() time.Duration {
	if s.busy {
		return s.cfg.BusyWait
	}
	return s.cfg.MaxWait
}

// gather waits for a first chunk, or for the time to commit, and takes what comes within MaxWait, or BusyWait, until there is a batch by
// number or by size.
func (s *session) gather(ctx context.Context, chunks <-chan chunk) ([]chunk, bool) {
	var got []chunk
	n, size, wait := 0, 0, s.wait()
	defer func() { s.busy = n >= s.cfg.MaxBatch/largeBatch || size >= s.cfg.MaxBytes/largeBatch }()
	var due <-chan time.Time
	if s.behind() {
		timer := time.NewTimer(max(s.cfg.MaxWait, s.cfg.CommitEvery-time.Since(s.lastDone))) // overdue only where more was coming
		defer timer.Stop()
		due = timer.C
	}
	for n < s.cfg.MaxBatch && size < s.cfg.MaxBytes {
		select {
		case <-ctx.Done():
			return nil, false
		case <-due:
			return got, true
		case ch := <-chunks:
			got = append(got, ch)
			if n == 0 && len(ch.recs) > 0 {
				timer := time.NewTimer(wait)
				defer timer.Stop()
				due = timer.C
			} else if n == 0 && due == nil { // only marks: commit past them
				return got, true
			}
			n, size = n+len(ch.recs), size+ch.size()
		}
	}
	return got, true
}

// handle passes what was gathered to Handle, at most MaxBatch records a call.
func (s *session) handle(ctx, work context.Context, got []chunk) error {
	var recs []Record
	if len(got) == 1 {
		recs = got[0].recs
	} else {
		n := 0
		for _, ch := range got {
			n += len(ch.recs)
		}
		recs = make([]Record, 0, n)
		for _, ch := range got {
			recs = append(recs, ch.recs...)
		}
	}
	for len(recs) > 0 {
		batch := recs[:min(len(recs), s.cfg.MaxBatch)]
		recs = recs[len(batch):]
		began := time.Now()
		if err := s.insist(ctx, work, "handle", func() error { return s.cfg.Handle(work, batch) }); err != nil {
			return err
		}
		s.c.cfg.Metrics.handled(s.cfg.Group, time.Since(began))
		for i := range batch {
			s.handled[laneKey{batch[i].Topic, batch[i].Partition}] = batch[i].Offset + 1
		}
		if ctx.Err() != nil && len(recs) > 0 {
			return nil // the rest is read again by whoever comes next
		}
	}
	for _, ch := range got {
		key := laneKey{ch.topic, ch.partition}
		s.handled[key] = ch.next
		s.ends[key] = ch.end
	}
	return nil
}

// errHeld ends a session that was stopped while a handler was asking for another try.
var errHeld = errors.New("topic: stopped while waiting to try again")

// insist calls fn until it succeeds, fails for good, or ctx ends.
func (s *session) insist(ctx, work context.Context, what string, fn func() error) error {
	wait := patience()
	wait.MaxInterval = 10 * time.Second
	for tries := 1; ; tries++ {
		err := fn()
		switch {
		case err == nil:
			return nil
		case work.Err() != nil, isRetry(err) && ctx.Err() != nil:
			s.c.log.Warn("stopped before it was done, the records come again", "group", s.cfg.Group, "what", what, "err", err)
			return errHeld
		case !isRetry(err):
			return err
		case tries == 1:
			s.c.log.Warn("not now, trying again", "group", s.cfg.Group, "what", what, "err", err)
		}
		next := wait.NextBackOff()
		if next == backoff.Stop {
			return err
		}
		select {
		case <-time.After(next):
		case <-ctx.Done():
		}
	}
}

// behind says whether there is anything to commit.
func (s *session) behind() bool { return !maps.Equal(s.handled, s.committed) }

// commit makes what was handled durable and tells the brokers.
func (s *session) commit(ctx, work context.Context) error {
	if !s.behind() {
		return nil
	}
	if s.cfg.BeforeCommit != nil {
		if err := s.insist(ctx, work, "before commit", func() error { return s.cfg.BeforeCommit(work) }); err != nil {
			return err
		}
	}
	offsets := map[string]map[int]int64{}
	for key, at := range s.handled {
		if s.committed[key] == at {
			continue
		}
		name := s.c.name(key.topic)
		if offsets[name] == nil {
			offsets[name] = map[int]int64{}
		}
		offsets[name][key.partition] = at
	}
	if err := s.gen.CommitOffsets(offsets); err != nil {
		s.c.log.Warn("cannot commit, the records since the last commit come again", "group", s.cfg.Group, "err", err)
		return errMoved
	}
	maps.Copy(s.committed, s.handled)
	s.lastDone = time.Now()
	s.report()
	return nil
}

// report shows the lag of the partitions this member reads.
func (s *session) report() {
	lag := map[string]int64{}
	for key, at := range s.committed {
		lag[key.topic] += max(0, s.ends[key]-at)
	}
	for t, n := range lag {
		s.c.cfg.Metrics.lagged(s.cfg.Group, t, n)
	}
}
