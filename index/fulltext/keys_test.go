package fulltext

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestKeyTable compares the table with a map over many puts and drops, with keys that crowd together.
func TestKeyTable(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 4))
	table, want := newKeyTable(0), map[idKey]place{}
	key := func() idKey {
		k := keyOf(fmt.Sprint(r.IntN(3000)))
		if k[15]&1 == 0 {
			binary.BigEndian.PutUint16(k[:2], uint16(k[3])<<14) // four crowds
		}
		return k
	}
	for range 60_000 {
		k := key()
		if r.IntN(3) == 0 {
			table.drop(k)
			delete(want, k)
			continue
		}
		p := placeAt(r.Uint32N(1<<shardBits), r.Uint32N(maxOrd))
		table.put(k, p)
		want[k] = p
	}
	for i := range 3000 {
		k := keyOf(fmt.Sprint(i))
		for _, k := range []idKey{k, {}} {
			got, ok := table.get(k)
			if w, there := want[k]; ok != there || got != w {
				t.Fatalf("key %d: %v %v, want %v %v", i, got, ok, w, there)
			}
		}
	}
	for k, w := range want {
		if got, ok := table.get(k); !ok || got != w {
			t.Fatalf("%x: %v %v, want %v", k, got, ok, w)
		}
	}
	if table.n != len(want) {
		t.Errorf("%d keys, want %d", table.n, len(want))
	}
	if p := placeAt(1<<shardBits-1, maxOrd); p.shard() != 1<<shardBits-1 || p.ord() != maxOrd || slotOf(idKey{}, p).place() != p {
		t.Errorf("the last place comes back as %d/%d", p.shard(), p.ord())
	}
}
