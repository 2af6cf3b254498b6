package fulltext

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"earshot/index"
)

// cursor is the last hit of the page before: its time or score, and its key. A page goes on behind it, wherever that is now; hits
// that came meanwhile and belong before it are not shown, and none is shown twice. By score the same holds as long as the scores
// do: they move a little with every mention that comes.
type cursor struct {
	set     bool
	score   float64 // zero but in the order of Best
	created int64   // Unix nanoseconds
	key     uint64
}

var sortCodes = map[index.Sort]byte{index.Newest: 'n', index.Oldest: 'o', index.Best: 'b'}

const cursorBytes = 1 + 8 + 8 + 8 + 4

func (c cursor) String(s index.Sort) string {
	b := []byte{sortCodes[s]}
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(c.score))
	b = binary.BigEndian.AppendUint64(b, uint64(c.created))
	b = binary.BigEndian.AppendUint64(b, c.key)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(text string, s index.Sort) (cursor, error) {
	code, ok := sortCodes[s]
	if !ok {
		return cursor{}, fmt.Errorf("fulltext: sort is %q; known are newest, oldest and best", s)
	}
	if text == "" {
		return cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBytes || crc32.ChecksumIEEE(b[:25]) != binary.BigEndian.Uint32(b[25:]) {
		return cursor{}, fmt.Errorf("%w", index.ErrBadCursor)
	}
	if b[0] != code {
		return cursor{}, fmt.Errorf("%w: it belongs to another order", index.ErrBadCursor)
	}
	return cursor{set: true, score: math.Float64frombits(binary.BigEndian.Uint64(b[1:])), created: int64(binary.BigEndian.Uint64(b[9:])),
		key: binary.BigEndian.Uint64(b[17:])}, nil
}

// compare orders two places in the order of s: negative when a comes first.
func (a cursor) compare(b cursor, s index.Sort) int {
	d := cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.created, b.created), cmp.Compare(a.key, b.key))
	if s == index.Oldest {
		return d
	}
	return -d
}
