package topic

import (
	"crypto/rand"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type (
	kmsgRequest  = kmsg.Request
	kmsgResponse = kmsg.Response
)

// produceKey is the number of the produce request in Kafka's protocol.
const produceKey = 0

// gate stands before every write to the embedded broker. It refuses records while the disk is nearly full, leaving room for the
// stages to finish what is on the log already, and holds a table still while it is compacted.
type gate struct {
	dir     string
	reserve int64
	pass    string // lets compaction through

	mu     sync.Mutex
	free   int64
	asked  time.Time
	closed map[string]bool // topics that only the pass may write
}

func newGate(dir string, reserve int64) *gate {
	return &gate{dir: dir, reserve: reserve, pass: rand.Text(), closed: map[string]bool{}}
}

// judge answers a produce request that must not go through, with an error that clients try again.
func (g *gate) judge(req kmsgRequest) (kmsgResponse, bool) {
	produce, ok := req.(*kmsg.ProduceRequest)
	if !ok {
		return nil, false
	}
	passed := produce.TransactionID != nil && *produce.TransactionID == g.pass
	if passed {
		produce.TransactionID = nil
	}
	code := int16(0)
	switch {
	case g.full():
		code = kerr.KafkaStorageError.Code
	case !passed && g.shut(produce):
		code = kerr.NotEnoughReplicas.Code
	}
	if code == 0 {
		return nil, false
	}
	res := produce.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range produce.Topics {
		rt := kmsg.NewProduceResponseTopic()
		rt.Topic, rt.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode, rp.BaseOffset = p.Partition, code, -1
			rt.Partitions = append(rt.Partitions, rp)
		}
		res.Topics = append(res.Topics, rt)
	}
	return res, true
}

// full asks the disk, at most twenty times a second: between two looks no more than the reserve can be written.
func (g *gate) full() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.asked) > 50*time.Millisecond {
		g.look()
	}
	return g.free < g.reserve
}

func (g *gate) look() {
	var st syscall.Statfs_t
	if err := syscall.Statfs(g.dir, &st); err != nil {
		g.free = 0 // a disk that cannot be asked is not written to
		return
	}
	g.asked = time.Now()
	g.free = int64(st.Bavail) * int64(st.Bsize)
	if g.reserve == 0 {
		const least, most = 16 << 20, 256 << 20
		g.reserve = min(most, max(least, int64(st.Blocks)*int64(st.Bsize)/50))
	}
}

// left is the free disk in bytes.
func (g *gate) left() int64 {
	g.full()
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.free
}

func (g *gate) shut(produce *kmsg.ProduceRequest) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range produce.Topics {
		if g.closed[t.Topic] {
			return true
		}
	}
	return false
}

// hold keeps everybody without the pass from writing topic until release is called.
func (g *gate) hold(topic string) (release func()) {
	set := func(on bool) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.closed[topic] = on
	}
	set(true)
	return func() { set(false) }
}
