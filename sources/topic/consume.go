package topic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// Group timing. A member whose process dies is noticed after sessionTimeout; one that is asked to give its partitions up has
// handoverGrace, which must be less, to finish what it has in hand.
const (
	sessionTimeout = 6 * time.Second
	heartbeat      = 500 * time.Millisecond
	joinBackoff    = 250 * time.Millisecond
	groupTimeout   = 3 * time.Second
	handoverGrace  = 5 * time.Second
)

// ConsumeConfig says what a group reads and what is done with it.
type ConsumeConfig struct {
	Group  string   // without prefix; nodes with the same group share the partitions
	Topics []string // without prefix; at least one

	MaxBatch    int           // most records a Handle gets; zero: 1000
	MaxBytes    int           // a batch is not added to beyond this many bytes of keys and values; zero: 16 MiB
	MaxWait     time.Duration // how long to gather after the first record; zero: 20 ms
	BusyWait    time.Duration // the same while much comes, so that batches get large; zero: MaxWait
	CommitEvery time.Duration // least time between commits, four times it while much comes; zero: 250 ms; negative: after each Handle
	StopGrace   time.Duration // how long Handle and BeforeCommit may take once ctx has ended; zero: 10 s
	StartAtEnd  bool          // a partition this group never committed begins at its end instead of its beginning

	// Handle is given records in the order of each partition. It may keep them until BeforeCommit. Its context outlives Consume's
	// by StopGrace, so that work in hand is finished. An error wrapped by Retry is tried again with the same records;
	// every other error stops Consume.
	Handle func(ctx context.Context, recs []Record) error
	// BeforeCommit makes everything handled so far durable; offsets are committed only after it returned nil. Errors as Handle's.
	// Nil when Handle is durable by itself.
	BeforeCommit func(ctx context.Context) error
}

func (cfg *ConsumeConfig) fill() error {
	if cfg.Group == "" || len(cfg.Topics) == 0 || cfg.Handle == nil {
		return errors.New("topic: consume needs a group, at least one topic and a handler")
	}
	if cfg.MaxBatch == 0 {
		cfg.MaxBatch = 1000
	}
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 16 << 20
	}
	if cfg.MaxWait == 0 {
		cfg.MaxWait = 20 * time.Millisecond
	}
	if cfg.BusyWait == 0 {
		cfg.BusyWait = cfg.MaxWait
	}
	if cfg.CommitEvery == 0 {
		cfg.CommitEvery = 250 * time.Millisecond
	}
	if cfg.StopGrace == 0 {
		cfg.StopGrace = 10 * time.Second
	}
	return nil
}

// Consume reads topics as a member of a group until ctx ends, and then returns nil after finishing, committing and leaving the group.
// Brokers that are away are waited for. Records that were handled but not committed are handled again, by whichever member gets
// their partition. The error of Handle or BeforeCommit that stopped it is returned as it is.
func (c *Client) Consume(ctx context.Context, cfg ConsumeConfig) error {
	if err := cfg.fill(); err != nil {
		return err
	}
	m, err := c.join(ctx, cfg.Group, cfg.Topics, cfg.StartAtEnd)
	if err != nil || m == nil {
		return err
	}
	defer m.close()
	for {
		gen := m.next(ctx)
		if gen == nil {
			return nil
		}
		s := newSession(c, &cfg, gen)
		if done, err := m.during(gen, ctx, s.run); done {
			return err
		}
	}
}

// member is this process's place in a group.
type member struct {
	c     *Client
	group string
	cg    *kafka.ConsumerGroup
}

// join waits for the topics to exist and joins. It returns nil and no error when ctx ends first.
func (c *Client) join(ctx context.Context, group string, topics []string, atEnd bool) (*member, error) {
	names := make([]string, len(topics))
	for i, t := range topics {
		if _, err := c.partitions(ctx, t); err != nil {
			if ctx.Err() != nil {
				return nil, nil
			}
			return nil, err
		}
		names[i] = c.name(t)
	}
	start := kafka.FirstOffset
	if atEnd {
		start = kafka.LastOffset
	}
	cg, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: c.name(group), Brokers: c.cfg.Brokers, Topics: names, StartOffset: start,
		Dialer:         &kafka.Dialer{ClientID: c.cfg.ClientID, Timeout: groupTimeout, DualStack: true},
		SessionTimeout: sessionTimeout, HeartbeatInterval: heartbeat, JoinGroupBackoff: joinBackoff, Timeout: groupTimeout,
		WatchPartitionChanges: true,
	})
	if err != nil {
		return nil, fmt.Errorf("topic: join group %s: %w", group, err)
	}
	return &member{c: c, group: group, cg: cg}, nil
}

// next waits for the next assignment of partitions; nil when ctx ends.
func (m *member) next(ctx context.Context) *kafka.Generation {
	failing := false
	for {
		gen, err := m.cg.Next(ctx)
		switch {
		case err == nil:
			if failing {
				m.c.log.Info("in the group again", "group", m.group)
			}
			return gen
		case ctx.Err() != nil || errors.Is(err, kafka.ErrGroupClosed):
			return nil
		case errors.Is(err, kafka.RebalanceInProgress):
		case !failing: // kafka-go waits joinBackoff between attempts by itself
			m.c.log.Warn("cannot join the group, trying again", "group", m.group, "err", err)
			failing = true
		}
	}
}

// during runs fn for as long as gen lasts and ctx lives. It reports done when ctx ended or fn failed, and then fn has
// finished while the membership was still alive.
func (m *member) during(gen *kafka.Generation, ctx context.Context, fn func(ctx, gen context.Context) error) (done bool, err error) {
	type result struct {
		done bool
		err  error
	}
	results := make(chan result, 1)
	gen.Start(func(gctx context.Context) {
		both, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(gctx, cancel)()
		err := fn(both, gctx)
		r := result{done: err != nil || ctx.Err() != nil, err: err}
		results <- r
		if r.done {
			<-gctx.Done() // close ends the generation; returning now would make kafka-go join once more
		}
	})
	r := <-results
	return r.done, r.err
}

// close leaves the group.
func (m *member) close() {
	if err := m.cg.Close(); err != nil {
		m.c.log.Warn("cannot leave the group", "group", m.group, "err", err)
	}
}
