package fulltext

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// A chunk on disk is one zstd frame over: count; created as differences; author, thread (xor key, as most threads are named after their
// first mention), version, names, idAt, idLen; the live bits; clocks; for each field its values with their sets. Integers are varints
// unless they are hashes. Keys are not written: they follow from the IDs.

var (
	zstdEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	zstdDecoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
)

var (
	errShort  = errors.New("a chunk ends too early")
	errBeyond = errors.New("a set names a mention beyond its chunk")
)

func (c *chunk) encode() []byte {
	n := c.n()
	b := binary.AppendUvarint(nil, uint64(n))
	last := int64(0)
	for _, t := range c.created {
		b = binary.AppendVarint(b, t-last)
		last = t
	}
	for _, h := range c.author {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	for i, h := range c.thread {
		b = binary.LittleEndian.AppendUint64(b, h^c.key[i])
	}
	for _, h := range c.version {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	for i := range n {
		b = binary.LittleEndian.AppendUint32(b, c.names[i])
		b = binary.AppendUvarint(b, uint64(c.idAt[i]))
		b = binary.AppendUvarint(b, uint64(c.idLen[i]))
	}
	b = appendBits(b, &c.live)
	b = binary.AppendUvarint(b, uint64(len(c.due)))
	for _, d := range c.due {
		b = binary.AppendUvarint(b, uint64(d.doc))
		b = binary.AppendVarint(b, d.at)
	}
	for f := range c.fields {
		b = binary.AppendUvarint(b, uint64(len(c.fields[f])))
		for k := range c.fields[f] {
			b = c.fields[f][k].append(b)
		}
	}
	return zstdEncoder.EncodeAll(b, nil)
}

func appendBits(b []byte, s *bitset) []byte {
	for _, w := range s {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// append writes code, size and either the list or, after size 0, the bits.
func (s *valueSet) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(s.code))
	b = binary.AppendUvarint(b, uint64(len(s.few)))
	if s.all != nil {
		return appendBits(b, s.all)
	}
	last := uint16(0)
	for _, i := range s.few {
		b = binary.AppendUvarint(b, uint64(i-last))
		last = i
	}
	return b
}

// decoder reads what encode wrote; the first fault stays.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	return d.took(v, n)
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	return int64(d.took(uint64(v), n))
}

func (d *decoder) took(v uint64, n int) uint64 {
	if n <= 0 {
		d.err, d.b = errShort, nil
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) fixed64() uint64 {
	if len(d.b) < 8 {
		return d.took(0, 0)
	}
	return d.took(binary.LittleEndian.Uint64(d.b), 8)
}

func (d *decoder) fixed32() uint32 {
	if len(d.b) < 4 {
		return uint32(d.took(0, 0))
	}
	return uint32(d.took(uint64(binary.LittleEndian.Uint32(d.b)), 4))
}

func (d *decoder) hashes(n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = d.fixed64()
	}
	return out
}

func (d *decoder) bits() *bitset {
	s := &bitset{}
	for k := range s {
		s[k] = d.fixed64()
	}
	return s
}

// decodeChunk reads a chunk; its keys are still to be filled in from the IDs, and its threads to be xored with them (finish).
func decodeChunk(data []byte) (*chunk, error) {
	raw, err := zstdDecoder.DecodeAll(data, nil)
	if err != nil {
		return nil, err
	}
	d := &decoder{b: raw}
	n := int(d.uvarint())
	if n > chunkDocs {
		return nil, errors.New("a chunk says it is too large")
	}
	c := &chunk{created: make([]int64, n), names: make([]uint32, n), idAt: make([]uint32, n), idLen: make([]uint16, n)}
	last := int64(0)
	for i := range c.created {
		last += d.varint()
		c.created[i] = last
		if i == 0 || last < c.first {
			c.first = last
		}
		if i == 0 || last > c.last {
			c.last = last
		}
	}
	c.author, c.thread, c.version = d.hashes(n), d.hashes(n), d.hashes(n)
	for i := range n {
		c.names[i], c.idAt[i], c.idLen[i] = d.fixed32(), uint32(d.uvarint()), uint16(d.uvarint())
	}
	c.live = *d.bits()
	c.liveN = c.live.count()
	for range d.uvarint() {
		if d.err != nil {
			break
		}
		c.due = append(c.due, clock{doc: uint16(d.uvarint()), at: d.varint()})
	}
	for f := range c.fields {
		sets := d.uvarint()
		c.fields[f] = slices.Grow(c.fields[f], int(min(sets, uint64(len(d.b))))) // each takes a byte or more
		for range sets {
			if d.err != nil {
				break
			}
			c.fields[f] = append(c.fields[f], d.set())
		}
	}
	return c, cmp.Or(d.err, c.check())
}

// check finds what would lead beyond the chunk.
func (c *chunk) check() error {
	n := uint16(c.n())
	beyond := func(b *bitset) bool {
		found := false
		eachBit(b[:], func(i uint32) bool { found = found || i >= uint32(n); return !found })
		return found
	}
	if beyond(&c.live) {
		return errBeyond
	}
	for _, d := range c.due {
		if d.doc >= n {
			return errBeyond
		}
	}
	for f := range c.fields {
		for _, s := range c.fields[f] {
			if s.all != nil && beyond(s.all) || len(s.few) > 0 && s.few[len(s.few)-1] >= n || !slices.IsSorted(s.few) {
				return errBeyond
			}
		}
	}
	return nil
}

func (d *decoder) set() valueSet {
	s := valueSet{code: uint32(d.uvarint())}
	n := int(d.uvarint())
	if n == 0 {
		s.all = d.bits()
		s.n = uint32(s.all.count())
		return s
	}
	at := uint16(0)
	s.few = make([]uint16, 0, min(n, chunkDocs))
	for range min(n, chunkDocs) {
		if at += uint16(d.uvarint()); at >= chunkDocs {
			d.err = errBeyond
			break
		}
		s.few = append(s.few, at)
	}
	s.n = uint32(len(s.few))
	return s
}
