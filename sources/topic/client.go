package topic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
)

const (
	// metadataTTL is how long a new topic or a new leader may stay unknown.
	metadataTTL = 500 * time.Millisecond
	// callTimeout bounds one request to a broker.
	callTimeout = 10 * time.Second
)

// Client speaks to the log. It is safe for concurrent use.
type Client struct {
	cfg       Config
	specs     []Spec
	log       *slog.Logger
	addr      net.Addr
	transport *kafka.Transport
	kc        *kafka.Client

	root   context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // lanes

	mu     sync.Mutex
	closed bool
	parts  map[string]int // partitions by topic
	lanes  map[laneKey]*lane
}

// Dial returns a Client once a broker has answered; until then it tries again and again until ctx ends.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("topic: %w", err)
	}
	c, err := newClient(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.reach(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func newClient(cfg Config) (*Client, error) {
	specs, err := Specs(cfg.Partitions, cfg.Retention)
	if err != nil {
		return nil, err
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.ClientID == "" {
		cfg.ClientID = "earshot"
	}
	root, cancel := context.WithCancel(context.Background())
	transport := &kafka.Transport{
		ClientID: cfg.ClientID, MetadataTTL: metadataTTL, DialTimeout: 3 * time.Second, Context: root,
	}
	addr := kafka.TCP(cfg.Brokers...)
	return &Client{
		cfg: cfg, specs: specs, log: cfg.Log.With("component", "topic"), addr: addr, transport: transport,
		kc:   &kafka.Client{Addr: addr, Transport: transport},
		root: root, cancel: cancel,
		parts: map[string]int{}, lanes: map[laneKey]*lane{},
	}, nil
}

// reach waits until a broker answers.
func (c *Client) reach(ctx context.Context) error {
	var last error
	err := backoff.Retry(func() error {
		call, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		_, last = c.kc.Metadata(call, &kafka.MetadataRequest{})
		return last
	}, backoff.WithContext(patience(), ctx))
	if err != nil {
		return fmt.Errorf("topic: no broker at %s answers: %w", strings.Join(c.cfg.Brokers, ","), errors.Join(last, context.Cause(ctx)))
	}
	return nil
}

// Close gives the connections back. Publish calls in progress return ErrClosed.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.wg.Wait()
	c.transport.CloseIdleConnections()
	return nil
}

// name is the topic or group as the brokers know it.
func (c *Client) name(short string) string { return c.cfg.Prefix + short }

// partitions is the partition count of a topic. It waits until the topic exists.
func (c *Client) partitions(ctx context.Context, topic string) (int, error) {
	c.mu.Lock()
	n, ok := c.parts[topic]
	c.mu.Unlock()
	if ok {
		return n, nil
	}
	if !isKnown(topic) {
		return 0, fmt.Errorf("topic: %q is no topic of the log", topic)
	}
	var last error
	err := backoff.Retry(func() error {
		n, last = c.askPartitions(ctx, topic)
		return last
	}, backoff.WithContext(patience(), ctx))
	if err != nil {
		return 0, fmt.Errorf("topic: partitions of %s: %w", topic, errors.Join(last, context.Cause(ctx)))
	}
	c.mu.Lock()
	c.parts[topic] = n
	c.mu.Unlock()
	return n, nil
}

func (c *Client) askPartitions(ctx context.Context, topic string) (int, error) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if c.root.Err() != nil {
		return 0, backoff.Permanent(ErrClosed)
	}
	res, err := c.kc.Metadata(call, &kafka.MetadataRequest{Topics: []string{c.name(topic)}})
	if err != nil {
		return 0, err
	}
	for _, t := range res.Topics {
		if t.Name == c.name(topic) {
			if t.Error != nil {
				return 0, t.Error
			}
			if len(t.Partitions) > 0 {
				return len(t.Partitions), nil
			}
		}
	}
	return 0, kafka.UnknownTopicOrPartition
}

// forgetPartitions makes the next look ask the brokers again.
func (c *Client) forgetPartitions(topic string) {
	c.mu.Lock()
	delete(c.parts, topic)
	c.mu.Unlock()
}

// ask calls fn, which asks the brokers something, again and again while they are away, for callTimeout or until ctx ends. A connection
// that broke while nobody used it shows only when it is used again.
func (c *Client) ask(ctx context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var last error
	err := backoff.Retry(func() error {
		err := fn(ctx)
		if err == nil || ctx.Err() == nil {
			last = err
		}
		if err != nil && !isAway(err) {
			return backoff.Permanent(err)
		}
		return err
	}, backoff.WithContext(patience(), ctx))
	if err != nil && last != nil && !errors.Is(err, last) {
		return errors.Join(err, last)
	}
	return err
}

// isAway says that a broker cannot answer now, and may later.
func isAway(err error) bool {
	var network net.Error
	var code kafka.Error
	switch {
	case errors.As(err, &code):
		return code.Temporary() || code == kafka.Unknown // what kafka-go makes of a broken connection when it joins answers
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return true
	}
	return errors.Is(err, io.ErrClosedPipe) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// patience is the back-off of everything that waits for a broker: 50 ms at first, at most 2 s, without end.
func patience() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(50*time.Millisecond), backoff.WithMaxInterval(2*time.Second), backoff.WithMaxElapsedTime(0))
}
