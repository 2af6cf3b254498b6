package topic

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Sizes of the embedded broker's segments. A segment is the least that can be removed, and is read whole at start.
const (
	carrySegmentBytes = 8 << 20
	tableSegmentBytes = 1 << 20
)

// segmentBytes is the setting for them.
const segmentBytes = "segment.bytes"

// DefaultReaders are the stages that read each topic.
var DefaultReaders = map[string][]string{
	Mentions: {GroupClassify},
	Triaged:  {GroupConsider, GroupArchive, GroupFulltext, GroupEscalate},
	Casework: {GroupArchive, GroupFulltext, GroupEscalate},
	Settings: {GroupArchive}, // which keeps every version; compaction would drop those that were replaced
}

// EmbeddedConfig says where the broker inside the process keeps its log.
type EmbeddedConfig struct {
	Dir        string        // its own folder, made when absent; held by one process at a time
	Prefix     string        // as in Config
	Partitions int           // as in Config
	Retention  time.Duration // as in Config
	// Readers are, by topic, the groups that must have committed a record before it may be removed; nil: DefaultReaders.
	Readers      map[string][]string
	KeepBytes    int64         // a topic's committed records beyond this are removed early; zero: 32 MiB
	TrimEvery    time.Duration // zero: a minute
	ReserveBytes int64         // records are refused while less disk is free; zero: 2 % of the disk, from 16 to 256 MiB
	CompactAfter int64         // records written to a table before it is compacted; zero: 5000
	Log          *slog.Logger  // nil: nothing is logged
	Metrics      *Metrics      // nil: nothing is counted
}

func (cfg *EmbeddedConfig) fill() error {
	if cfg.Dir == "" {
		return errors.New("topic: the embedded broker needs a folder")
	}
	if cfg.Readers == nil {
		cfg.Readers = DefaultReaders
	}
	if cfg.KeepBytes == 0 {
		cfg.KeepBytes = 32 << 20
	}
	if cfg.TrimEvery == 0 {
		cfg.TrimEvery = time.Minute
	}
	if cfg.CompactAfter == 0 {
		cfg.CompactAfter = 5000
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Embedded is a Kafka broker inside the process: franz-go's kfake, keeping its log in a folder with an fsync for every batch.
//
// What kfake would do wrong in our place is switched off and done here through the protocol. Its own retention would drop records that a
// stage has not seen, and its compaction removes the old files before it has written the new ones; so its cleaner never runs, and
// trim and compact take its place. It acknowledges a batch whose fsync failed, so a gate refuses records before the disk is full.
type Embedded struct {
	cfg     EmbeddedConfig
	log     *slog.Logger
	lock    *os.File
	cluster *kfake.Cluster
	c       *Client // our own, for trimming and compacting
	gate    *gate
	tidy    sync.Mutex // one Trim at a time
	shelf   *shelf     // under tidy
	addrs   []string

	opened    time.Time
	compacted map[string]compaction // by table, under tidy

	stop context.CancelFunc
	done chan struct{}
	once sync.Once
}

// OpenEmbedded starts the broker on loopback, on the port it had before if that is free, creates the topics and applies a changed
// retention. It fails when another process holds the folder. Everything that was acknowledged before is there.
func OpenEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	if err := cfg.fill(); err != nil {
		return nil, err
	}
	if _, err := Specs(cfg.Partitions, cfg.Retention); err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	e := &Embedded{cfg: cfg, log: cfg.Log.With("component", "broker"), lock: lock, shelf: newShelf(cfg.Dir), opened: time.Now(), compacted: map[string]compaction{}, done: make(chan struct{})}
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.shut())
	}
	root, stop := context.WithCancel(context.Background())
	e.stop = stop
	go e.keep(root)
	return e, nil
}

func (e *Embedded) start(ctx context.Context) error {
	if err := e.listen(); err != nil {
		return err
	}
	e.addrs = e.cluster.ListenAddrs()
	e.gate = newGate(e.cfg.Dir, e.cfg.ReserveBytes)
	e.cluster.ControlKey(produceKey, func(req kmsgRequest) (kmsgResponse, error, bool) {
		e.cluster.KeepControl()
		res, refused := e.gate.judge(req)
		return res, nil, refused
	})
	c, err := Dial(ctx, Config{
		Brokers: e.addrs, Prefix: e.cfg.Prefix, ClientID: "earshot-broker", Partitions: e.cfg.Partitions, Retention: e.cfg.Retention, Log: e.cfg.Log,
	})
	if err != nil {
		return err
	}
	e.c = c
	if _, err := c.ensureTopics(ctx, true); err != nil {
		return err
	}
	debug.FreeOSMemory() // kfake reads every segment at start to check it
	return e.applySettings(ctx)
}

// listen opens the log, on the old port when it can.
func (e *Embedded) listen() error {
	opts := func(port int) []kfake.Opt {
		return []kfake.Opt{
			kfake.DataDir(logDir(e.cfg.Dir)), kfake.SyncWrites(), kfake.Ports(port), kfake.ClusterID("earshot"),
			kfake.WithLogger(kfakeLog{e.log}),
			kfake.BrokerConfigs(map[string]string{
				"log.cleaner.backoff.ms":    strconv.FormatInt((100 * 365 * 24 * time.Hour).Milliseconds(), 10), // never: see Embedded
				"offsets.retention.minutes": strconv.Itoa(20 * 365 * 24 * 60),                                   // a stage may be away for long
			}),
		}
	}
	port := readPort(e.cfg.Dir)
	cluster, err := kfake.NewCluster(opts(port)...)
	if err != nil && port != 0 && isAddrInUse(err) {
		e.log.Warn("the broker's old port is taken, using another", "port", port)
		cluster, err = kfake.NewCluster(opts(0)...)
	}
	if err != nil {
		return fmt.Errorf("topic: open the log in %s: %w", e.cfg.Dir, err)
	}
	e.cluster = cluster
	return writePort(e.cfg.Dir, cluster.ListenAddrs()[0])
}

// applySettings brings topics that were made earlier to the retention and sizes of now.
func (e *Embedded) applySettings(ctx context.Context) error {
	have, err := e.c.describe(ctx, e.c.specs)
	if err != nil {
		return err
	}
	for _, s := range e.c.specs {
		for _, want := range s.entries(1, true) {
			if have[e.c.name(s.Name)][want.ConfigName] == want.ConfigValue {
				continue
			}
			if err := e.c.alter(ctx, s.Name, want.ConfigName, want.ConfigValue); err != nil {
				return err
			}
		}
	}
	return nil
}

// Addrs are the brokers to Dial: one, on loopback.
func (e *Embedded) Addrs() []string { return e.addrs }

// Close ends the broker. Close the clients first: what they have under way fails.
func (e *Embedded) Close() error {
	var err error
	e.once.Do(func() {
		e.stop()
		<-e.done
		err = e.shut()
	})
	return err
}

// shut gives back what was opened, last first.
func (e *Embedded) shut() error {
	var errs []error
	if e.c != nil {
		errs = append(errs, e.c.Close())
	}
	if e.cluster != nil {
		e.cluster.Close()
	}
	errs = append(errs, e.lock.Close())
	return errors.Join(errs...)
}

// keep trims and compacts until ctx ends.
func (e *Embedded) keep(ctx context.Context) {
	defer close(e.done)
	tick := time.NewTicker(e.cfg.TrimEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := e.Trim(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("cannot trim the log, trying again", "err", err)
		}
	}
}

// kfakeLog passes kfake's warnings on; the rest is about its own workings.
type kfakeLog struct{ log *slog.Logger }

// Logf implements kfake.Logger.
func (l kfakeLog) Logf(level kfake.LogLevel, msg string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error(fmt.Sprintf(msg, args...))
	case kfake.LogLevelWarn:
		l.log.Warn(fmt.Sprintf(msg, args...))
	}
}
