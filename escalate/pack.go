package escalate

import (
	"encoding/binary"
	"encoding/hex"
	"strings"

	"earshot/casework"
)

// A packed incident is one string: the time of its creation, eight bytes; its bits; audience, wall and service; and then all the rest in the order of
// pack. Integers are varints, times differences from the creation. Words that many incidents share are numbers. Nothing of it is written to
// disk.

// The bits of a packed incident.
const (
	packAcked byte = 1 << iota
	packClosed
	packDue
	packHexID // the ID is 16 bytes in hexadecimal form, as all are that this package makes
)

// The bits of a packed member and of a packed act.
const (
	packOpened byte = 1 << iota
	packSuffix      // its ID is the end of the incident's group
	packDoubt
)
const (
	packAway byte = 1 << iota
	packUndone
)

// words numbers the strings that incidents share. The table is bounded, since some come from outside; what is not in it is kept with its incident.
type words struct {
	list  []string
	codes map[string]int
}

const mostWords = 10_000

// append adds w to b: its number, counted from 1, or 0 and the word itself.
func (ws *words) append(b []byte, w string) []byte {
	n, ok := ws.codes[w]
	if !ok && len(ws.list) < mostWords {
		w = strings.Clone(w)
		ws.list = append(ws.list, w)
		n, ok = len(ws.list), true
		ws.codes[w] = n
	}
	if ok {
		return binary.AppendUvarint(b, uint64(n))
	}
	return appendString(append(b, 0), w)
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// pack appends the packed form of i to b.
func (ws *words) pack(b []byte, i *incident) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(i.created))
	bits := len(b)
	b = append(b, 0)
	b = ws.append(b, i.audience)
	b = ws.append(b, string(i.wall))
	b = ws.append(b, i.service)
	if raw, err := hex.DecodeString(i.id); err == nil && len(raw) == 16 && hex.EncodeToString(raw) == i.id {
		b[bits] |= packHexID
		b = append(b, raw...)
	} else {
		b = appendString(b, i.id)
	}
	b = binary.AppendUvarint(b, uint64(i.reasons))
	if i.due != 0 {
		b[bits] |= packDue
		b = binary.AppendVarint(b, i.due-i.created)
	}
	if i.acked != 0 {
		b[bits] |= packAcked
		b = binary.AppendVarint(b, i.acked-i.created)
		b = binary.AppendUvarint(b, uint64(i.ackedBy))
	}
	if i.closed != 0 {
		b[bits] |= packClosed
		b = binary.AppendVarint(b, i.closed-i.created)
	}
	b = appendString(b, i.group)
	b = binary.AppendUvarint(b, uint64(len(i.routes)))
	for _, r := range i.routes {
		b = ws.append(b, r)
	}
	b = binary.AppendUvarint(b, uint64(len(i.members)))
	for k := range i.members {
		b = i.packMember(b, &i.members[k])
	}
	b = binary.AppendUvarint(b, uint64(len(i.mails)))
	for k := range i.mails {
		b = ws.packMail(b, i, &i.mails[k])
	}
	b = binary.AppendUvarint(b, uint64(len(i.acts)))
	for k := range i.acts {
		b = ws.packAct(b, i, &i.acts[k])
	}
	return b
}

func (i *incident) packMember(b []byte, m *member) []byte {
	bits := len(b)
	b = append(b, 0)
	if m.opened {
		b[bits] |= packOpened
	}
	if strings.HasSuffix(i.group, m.id) {
		b[bits] |= packSuffix
		b = binary.AppendUvarint(b, uint64(len(m.id)))
	} else {
		b = appendString(b, m.id)
	}
	b = binary.AppendVarint(b, m.at-i.created)
	b = binary.AppendUvarint(b, uint64(m.reasons))
	if m.doubtAt != 0 {
		b[bits] |= packDoubt
		b = binary.AppendUvarint(b, uint64(m.doubted))
		b = binary.AppendVarint(b, m.doubtAt-i.created)
	}
	return b
}

func (ws *words) packMail(b []byte, i *incident, m *mailMark) []byte {
	b = append(b, m.key[:]...)
	b = ws.append(b, m.domain)
	b = ws.append(b, m.to)
	b = appendString(b, m.refused)
	b = binary.AppendVarint(b, m.at-i.created)
	return binary.AppendVarint(b, int64(m.step))
}

func (ws *words) packAct(b []byte, i *incident, a *act) []byte {
	bits := byte(0)
	if a.away {
		bits |= packAway
	}
	if a.undone {
		bits |= packUndone
	}
	b = append(b, bits)
	b = appendString(b, a.id)
	b = ws.append(b, string(a.typ))
	b = appendString(b, a.mention)
	b = ws.append(b, a.by.Kind)
	b = appendString(b, a.by.ID)
	b = appendString(b, a.by.Name)
	b = ws.append(b, string(a.by.Role))
	return binary.AppendVarint(b, a.at-i.created)
}

// packedCreated, packedAcked and packedClosed read from a packed incident what lists look at first.
func packedCreated(p string) int64 {
	var b [8]byte
	copy(b[:], p)
	return int64(binary.BigEndian.Uint64(b[:]))
}
func packedAcked(p string) bool  { return p[8]&packAcked != 0 }
func packedClosed(p string) bool { return p[8]&packClosed != 0 }

// head unpacks only what decides who may see the incident.
func (ws *words) head(p string, i *incident) unpacker {
	u := unpacker{ws: ws, s: p[9:]}
	i.created = packedCreated(p)
	i.audience, i.wall, i.service = u.word(), casework.Wall(u.word()), u.word()
	return u
}

// unpack reads p into i, whose slices it uses again. Strings of i are parts of p.
func (ws *words) unpack(p string, i *incident) {
	bits := p[8]
	*i = incident{routes: i.routes[:0], members: i.members[:0], mails: i.mails[:0], acts: i.acts[:0]}
	u := ws.head(p, i)
	if bits&packHexID != 0 {
		i.id = hex.EncodeToString([]byte(u.take(16)))
	} else {
		i.id = u.string()
	}
	i.reasons = reasonSet(u.uvarint())
	if bits&packDue != 0 {
		i.due = i.created + u.varint()
	}
	if bits&packAcked != 0 {
		i.acked, i.ackedBy = i.created+u.varint(), int(u.uvarint())
	}
	if bits&packClosed != 0 {
		i.closed = i.created + u.varint()
	}
	i.group = u.string()
	for range u.uvarint() {
		i.routes = append(i.routes, u.word())
	}
	for range u.uvarint() {
		i.members = append(i.members, u.member(i))
	}
	for range u.uvarint() {
		i.mails = append(i.mails, u.mail(i))
	}
	for range u.uvarint() {
		i.acts = append(i.acts, u.act(i))
	}
}

// unpacker reads what pack wrote.
type unpacker struct {
	ws *words
	s  string
}

func (u *unpacker) take(n int) string {
	s := u.s[:n]
	u.s = u.s[n:]
	return s
}

func (u *unpacker) uvarint() (v uint64) {
	for shift := 0; ; shift += 7 {
		c := u.s[0]
		u.s = u.s[1:]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
}

func (u *unpacker) varint() int64 {
	v := u.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (u *unpacker) string() string { return u.take(int(u.uvarint())) }

func (u *unpacker) word() string {
	if n := u.uvarint(); n > 0 {
		return u.ws.list[n-1]
	}
	return u.string()
}

func (u *unpacker) member(i *incident) (m member) {
	bits := u.take(1)[0]
	m.opened = bits&packOpened != 0
	if bits&packSuffix != 0 {
		m.id = i.group[len(i.group)-int(u.uvarint()):]
	} else {
		m.id = u.string()
	}
	m.at, m.reasons = i.created+u.varint(), reasonSet(u.uvarint())
	if bits&packDoubt != 0 {
		m.doubted, m.doubtAt = reasonSet(u.uvarint()), i.created+u.varint()
	}
	return m
}

func (u *unpacker) mail(i *incident) (m mailMark) {
	copy(m.key[:], u.take(len(m.key)))
	m.domain, m.to, m.refused = u.word(), u.word(), u.string()
	m.at, m.step = i.created+u.varint(), int(u.varint())
	return m
}

func (u *unpacker) act(i *incident) (a act) {
	bits := u.take(1)[0]
	a.away, a.undone = bits&packAway != 0, bits&packUndone != 0
	a.id, a.typ, a.mention = u.string(), casework.Type(u.word()), u.string()
	a.by = casework.Actor{Kind: u.word(), ID: u.string(), Name: u.string(), Role: casework.Role(u.word())}
	a.at = i.created + u.varint()
	return a
}
