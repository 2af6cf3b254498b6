package sources

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"
)

// MaxPushBytes is how much of one delivery to /hooks/{source} is read.
const MaxPushBytes = 1 << 20

// Receiver reads what a platform pushes. It is safe for concurrent use.
type Receiver interface {
	// Receive checks that the platform sent r, whose whole body is body, and reads it; body is not kept. A request that is not the
	// platform's gives an error that wraps ErrForged; one that is, but cannot be understood, any other error.
	Receive(ctx context.Context, r *http.Request, body []byte) (Delivery, error)
}

// Delivery is what one push holds. Its mentions are in the log before the platform gets its answer.
type Delivery struct {
	Mentions []Mention
	Events   []string  // the platform's ids of what it pushed, against replay; empty: the body itself is the id
	SignedAt time.Time // by the platform, under its signature; a delivery older than five minutes is refused. Zero: the platform signs no time

	Answer     string // the body of the answer, for a handshake; empty: nothing
	AnswerType string // empty: text/plain
}

// ErrForged is wrapped by what a Receiver says of a request that its platform did not send: no signature, a wrong one, an unknown
// subscription. The text is not shown to whoever sent it.
var ErrForged = errors.New("sources: not signed by the platform")

// SignedSHA256 says whether given is the HMAC-SHA256 of body under key in hexadecimal, with or without the prefix "sha256=". It takes the same
// time for every wrong answer.
func SignedSHA256(key string, body []byte, given string) bool {
	want, err := hex.DecodeString(strings.TrimPrefix(given, "sha256="))
	return err == nil && key != "" && hmac.Equal(MAC(key, body), want)
}

// MAC is the HMAC-SHA256 of body under key.
func MAC(key string, body []byte) []byte { return sum(sha256.New, key, body) }

// SameSecret compares a secret with what somebody sent in its place. How long it takes tells nothing of either.
func SameSecret(want, given string) bool {
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
