package escalate

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"earshot/casework"
)

// shortHash is 16 hex digits over parts.
func shortHash(parts ...string) string { return casework.DerivedID(parts...)[:16] }

// incidentID follows from what opened the incident, so that deciding again gives the same incident.
func incidentID(audience string, wall casework.Wall, group, mention, version string, reasons reasonSet) string {
	return casework.DerivedID("incident", audience, string(wall), group, mention, version, strings.Join(reasons.strings(), ","))
}

// mailKey is the local part of a Message-ID: the same incident, recipient and step are the same mail.
func mailKey(incident, to string, step int) string {
	return casework.DerivedID("mail", incident, strings.ToLower(to), strconv.Itoa(step))
}

func messageID(key, domain string) string { return "<" + key + "@" + domain + ">" }

// keyOf is the mailKey inside a Message-ID.
func keyOf(messageID string) string {
	k, _, _ := strings.Cut(strings.Trim(messageID, "<>"), "@")
	return k
}

// hash64 keys the ledger's maps: 64 bits of SHA-256, which nobody outside can make collide on purpose cheaply enough to matter: a
// collision joins two mentions' memories, it loses no mail.
func hash64(parts ...string) uint64 {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p))))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	var sum [sha256.Size]byte
	b := h.Sum(sum[:0])
	var n uint64
	for _, x := range b[:8] {
		n = n<<8 | uint64(x)
	}
	return n
}

// Reference is the short name of an incident that mails and people use.
func Reference(incident string) string {
	if len(incident) < 8 {
		return strings.ToUpper(incident)
	}
	return strings.ToUpper(incident[:8])
}
