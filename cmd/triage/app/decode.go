package app

import (
	"hash/maphash"
	"sync"

	"earshot/classify"
	"earshot/sources/topic"
)

// decodedMost bounds how many decoded records wait for the slowest of their readers, three batches of the index; at 2.5 KiB each that is 80 MiB
// while a backlog stands, and nothing once every stage has caught up.
const decodedMost = 32_768

// madeMost bounds how many verdicts of this process wait for the first of their readers: two batches on their way to the log and two behind.
const madeMost = 4 * judgeBatch

// readersOf is how many followers of this process read each topic: record, search and escalation, and for casework the ledger beside them.
var readersOf = map[string]int{topic.Triaged: 3, topic.Casework: 4}

// decoder reads each record of triaged and casework once for all who follow them in this process, and those that this process made not at
// all. What it returns is shared: nobody may change it. A reader too far behind the others decodes for itself.
type decoder struct {
	seed maphash.Seed

	mu    sync.Mutex
	held  map[place]*decoded
	order []place // ring of what is held, oldest at next
	next  int

	made      map[uint64]*classify.Tagged // by the sum of its record's bytes
	madeOrder []uint64                    // ring, as order
	madeNext  int
}

// place is where a record lies.
type place struct {
	topic     string
	partition int
	offset    int64
}

type decoded struct {
	sum  uint64 // of the bytes: a log that was lost and begun anew has others in the same place
	left int    // readers still expected, under decoder.mu

	once sync.Once
	tidings
	err error
}

func newDecoder() *decoder {
	return &decoder{seed: maphash.MakeSeed(), held: map[place]*decoded{}, order: make([]place, decodedMost),
		made: map[uint64]*classify.Tagged{}, madeOrder: make([]uint64, madeMost)}
}

// hand says that rec, which is about to be published, holds t. Nobody may change t any more.
func (d *decoder) hand(rec topic.Record, t *classify.Tagged) {
	sum := maphash.Bytes(d.seed, rec.Value)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.made, d.madeOrder[d.madeNext])
	d.made[sum] = t
	d.madeOrder[d.madeNext] = sum
	d.madeNext = (d.madeNext + 1) % len(d.madeOrder)
}

// read returns what rec says, or why it is poison. Of readers that come at once, one decodes and the others wait for it.
func (d *decoder) read(rec topic.Record) (tidings, error) {
	e := d.entry(&rec, maphash.Bytes(d.seed, rec.Value))
	e.once.Do(func() { e.tidings, e.err = decodeTidings(rec) })
	return e.tidings, e.err
}

// entry returns what is held of a record, and lets go of it with its last reader.
func (d *decoder) entry(rec *topic.Record, sum uint64) *decoded {
	at := place{rec.Topic, rec.Partition, rec.Offset}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.held[at]
	if e == nil || e.sum != sum {
		delete(d.held, d.order[d.next])
		e = &decoded{sum: sum, left: readersOf[at.topic]}
		if t := d.made[sum]; t != nil && at.topic == topic.Triaged && t.Mention.ID == string(rec.Key) {
			delete(d.made, sum)
			e.once.Do(func() { e.tagged = t })
		}
		d.held[at] = e
		d.order[d.next] = at
		d.next = (d.next + 1) % len(d.order)
	}
	if e.left--; e.left <= 0 {
		delete(d.held, at)
	}
	return e
}

// forget lets go of everything: no reader is expected any more.
func (d *decoder) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.held)
	clear(d.made)
}
