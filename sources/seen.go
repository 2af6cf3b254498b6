package sources

import (
	"encoding/base64"
	"encoding/binary"
)

// maxSeen bounds the sightings in one cursor: 64 KB as text.
const maxSeen = 4000

// sighting is one content of one mention, met at a time in the platform's order.
type sighting struct {
	hash uint64
	at   int64 // Unix seconds
}

// sightings are what a cursor remembers of the stretch that will be read again. Their text is base64 of 8 bytes of hash and 4 of
// seconds each.
type sightings []sighting

func parseSeen(s string) sightings {
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil {
		return nil // then a stretch is handed over twice, which the log's readers must bear anyway
	}
	out := make(sightings, 0, len(raw)/12)
	for ; len(raw) >= 12; raw = raw[12:] {
		out = append(out, sighting{hash: binary.BigEndian.Uint64(raw), at: int64(binary.BigEndian.Uint32(raw[8:]))})
	}
	return out
}

// String keeps the newest when there are too many.
func (s sightings) String() string {
	if over := len(s) - maxSeen; over > 0 {
		s = s[over:]
	}
	raw := make([]byte, 0, 12*len(s))
	for _, x := range s {
		raw = binary.BigEndian.AppendUint64(raw, x.hash)
		raw = binary.BigEndian.AppendUint32(raw, uint32(min(max(x.at, 0), 1<<32-1)))
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

func (s sightings) since(from int64) sightings {
	out := s[:0]
	for _, x := range s {
		if x.at >= from {
			out = append(out, x)
		}
	}
	return out
}

func (s sightings) set() map[uint64]bool {
	out := make(map[uint64]bool, len(s))
	for _, x := range s {
		out[x.hash] = true
	}
	return out
}

// hashOf names one content of one mention, so that an edit is not taken for a repetition. It is FNV-1a: the same after a restart.
func hashOf(m *Mention) uint64 {
	h := uint64(14695981039346656037)
	for _, s := range []string{m.ID, "\x00", m.Version()} {
		for i := 0; i < len(s); i++ {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
	}
	return h
}
