package mapped

import (
	"unsafe"

	bolt "go.etcd.io/bbolt"
)

// GiveBack makes the whole pages of b not resident. All of b must be mapped from a file and never be written through the mapping: a shared
// read-only mapping, or data that is embedded in the program. Anything else, the heap above all, would lose its content. The caller sees to
// it that b stays mapped meanwhile; whoever reads it at the same time is not disturbed.
func GiveBack(b []byte) error {
	return giveBack(uintptr(unsafe.Pointer(unsafe.SliceData(b))), len(b))
}

// GiveBackBolt is GiveBack for everything that tx could read. The transaction keeps the file mapped where it is; writing goes on beside it,
// since bbolt writes to the file and never through its mapping.
func GiveBackBolt(tx *bolt.Tx) error {
	return giveBack(tx.DB().Info().Data, int(tx.Size()))
}
