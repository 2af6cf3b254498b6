package fulltext

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
)

// randomChunk returns a chunk with lists and bit sets, clocks and mentions that are gone.
func randomChunk(seed uint64, n int) *chunk {
	r := rand.New(rand.NewPCG(seed, 9))
	c := &chunk{gen: 1}
	at := uint32(0)
	for i := range n {
		d := doc{created: r.Int64(), key: r.Uint64(), author: r.Uint64(), thread: r.Uint64(), version: r.Uint64(), names: r.Uint32(), idAt: at, idLen: 20}
		at += 20
		c.append(d)
		for f := range numFields {
			c.put(f, uint16(i), []uint32{uint32(r.IntN(5)), 5 + uint32(r.IntN(3000))})
		}
		if r.IntN(9) == 0 {
			c.putDue(uint16(i), time.Unix(0, r.Int64()))
		}
	}
	for i := range n {
		if r.IntN(20) == 0 {
			c.kill(uint16(i))
		}
	}
	return c
}

func TestChunkComesBack(t *testing.T) {
	for _, n := range []int{1, 100, chunkDocs} {
		c := randomChunk(uint64(n), n)
		back, err := decodeChunk(c.encode())
		if err != nil {
			t.Fatal(err)
		}
		back.key = slices.Clone(c.key) // keys follow from the IDs
		for i := range back.thread {
			back.thread[i] ^= back.key[i]
		}
		for _, x := range []*chunk{c, back} {
			x.gen = 0
			for f := range x.fields {
				for k := range x.fields[f] {
					x.fields[f][k].gen = 0
				}
			}
		}
		if !reflect.DeepEqual(c, back) {
			t.Errorf("a chunk of %d comes back changed", n)
		}
	}
}

func TestCaseComesBack(t *testing.T) {
	d := newDict()
	c := &caseEntry{base: &base{labels: []string{"complaint"}, unsure: []string{"abuse", "trolling"}, service: "waste"}}
	for _, typ := range casework.Types {
		c.add(&casework.Event{ID: "id-" + string(typ), Type: typ, At: time.Unix(1, 2), Wall: casework.HRWall, By: casework.Actor{Kind: "person", ID: "anna"},
			Incident: "i1", Due: time.Unix(3, 4), Labels: classify.Labels, Risk: classify.Risks, Service: "roads", Owner: "ben", Undoes: "id-x"})
	}
	back, err := decodeCase(c.encode(d), d)
	if err != nil || !reflect.DeepEqual(c, back) {
		t.Errorf("a case comes back as %+v, %v", back, err)
	}
	if len(c.acts) != len(casework.Types) {
		t.Errorf("%d acts of %d types are kept", len(c.acts), len(casework.Types))
	}
	if _, err := decodeCase(c.encode(d)[:40], newDict()); err == nil {
		t.Error("half a case is read")
	}
}

func FuzzDecodeChunk(f *testing.F) {
	f.Add(randomChunk(1, 3).encode())
	f.Add(randomChunk(2, 200).encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, b := range [][]byte{data, zstdEncoder.EncodeAll(data, nil)} { // as it is, and past the frame's own check
			if c, err := decodeChunk(b); err == nil {
				c.key = make([]uint64, c.n())
				if _, err := decodeChunk(c.encode()); err != nil {
					t.Fatalf("what was read cannot be written: %v", err)
				}
			}
		}
		if c, err := decodeCase(data, newDict()); err == nil {
			c.fold()
		}
	})
}
