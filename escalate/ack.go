package escalate

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"
)

// AckLife is how long an acknowledge link works. An incident that nobody took for a month is found on its page.
const AckLife = 30 * 24 * time.Hour

// Ack is what an acknowledge token says: who was written to about which incident. It is no proof of who presses the button, only
// that the mail to that recipient was at hand.
type Ack struct {
	Incident  string
	Recipient string // RecipientHash of the address
	Expires   time.Time
}

// Signer makes and checks the tokens of acknowledge links. Safe for concurrent use.
type Signer struct{ key []byte }

// NewSigner derives the links' own key from the installation's secret key, so that no other use of the secret makes valid links.
func NewSigner(secret []byte) *Signer {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("earshot acknowledge link 1"))
	return &Signer{key: mac.Sum(nil)}
}

// RecipientHash names an address without telling it: 16 hex digits over its lower-cased form.
func RecipientHash(address string) string { return shortHash("recipient", strings.ToLower(address)) }

// Sign returns a token for one recipient of one incident, fit for a URL path.
func (s *Signer) Sign(incident, address string, expires time.Time) string {
	body := binary.BigEndian.AppendUint64(nil, uint64(expires.Unix()))
	body = append(body, RecipientHash(address)...)
	body = append(body, incident...)
	return base64.RawURLEncoding.EncodeToString(append(s.mac(body), body...))
}

const (
	ackMACBytes  = 16
	ackHashBytes = 16
	ackHeadBytes = ackMACBytes + 8 + ackHashBytes
	ackMaxBytes  = 512
)

// Verify reads a token. Errors: ErrAckForged, ErrAckExpired (with the Ack, so that a page can lead to the incident).
func (s *Signer) Verify(token string, now time.Time) (Ack, error) {
	if len(token) > ackMaxBytes {
		return Ack{}, ErrAckForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= ackHeadBytes {
		return Ack{}, ErrAckForged
	}
	body := raw[ackMACBytes:]
	if !hmac.Equal(raw[:ackMACBytes], s.mac(body)) {
		return Ack{}, ErrAckForged
	}
	a := Ack{
		Expires:   time.Unix(int64(binary.BigEndian.Uint64(body)), 0).UTC(),
		Recipient: string(body[8 : 8+ackHashBytes]),
		Incident:  string(body[8+ackHashBytes:]),
	}
	if !now.Before(a.Expires) {
		return a, ErrAckExpired
	}
	return a, nil
}

// VerifyFor is Verify for a page that already stands at one incident: a token of another is ErrAckOther.
func (s *Signer) VerifyFor(token, incident string, now time.Time) (Ack, error) {
	a, err := s.Verify(token, now)
	if err == nil && a.Incident != incident {
		return Ack{}, ErrAckOther
	}
	return a, err
}

func (s *Signer) mac(body []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(body)
	return m.Sum(nil)[:ackMACBytes]
}
