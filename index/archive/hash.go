package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Hash returns the SHA-256 of a mention's id in hex: all that an erasure leaves of it.
func Hash(id string) string {
	h := sha256.Sum256([]byte(id))
	return hex.EncodeToString(h[:])
}

// ErasedID is the name under which the acts on an erased mention are kept.
func ErasedID(hash string) string { return "erased:" + hash }

// Key returns the first eight bytes of Hash(id) as a number: what stores index instead of the id itself. Two ids may share one, so
// whoever finds a row by Key compares the id (or the whole hash) too.
func Key(id string) int64 {
	h := sha256.Sum256([]byte(id))
	return int64(binary.BigEndian.Uint64(h[:8]))
}
