package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
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
func Key(id string) int64 { return KeyOfHash(sha256.Sum256([]byte(id))) }

// KeyOfHash is Key of the id with this hash.
func KeyOfHash(h [32]byte) int64 { return int64(binary.BigEndian.Uint64(h[:8])) }

// IsDID reports whether an author's ID is a decentralised identifier, such as did:plc:abc. Networks that tell of accounts that are gone name
// their authors so; an index over every author would cost each mention a third of the time in which it is recorded.
func IsDID(author string) bool { return strings.HasPrefix(author, "did:") }

// ParseHash reads what Hash wrote.
func ParseHash(s string) ([32]byte, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != sha256.Size {
		return [32]byte{}, errors.New("archive: an erasure names a mention by the SHA-256 of its id, 64 hexadecimal digits")
	}
	return [32]byte(b), nil
}
