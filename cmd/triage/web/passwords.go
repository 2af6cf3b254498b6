package web

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Password rules: length counts, nothing else does (NIST SP 800-63B, NCSC's three random words).
const (
	minPassword = 12  // characters
	maxPassword = 256 // characters; bounds the work of hashing
)

// argon2id as OWASP's password storage sheet gives it: 19 MiB, two passes, one lane. hashers bounds how many run at once, so that a storm
// of sign-ins takes 76 MiB at most and the rest waits hashWait, then is asked to come back.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32
	hashers     = 4
	hashWait    = 5 * time.Second
)

var hashing = make(chan struct{}, hashers)

var errBadHash = errors.New("web: password hash is not one of ours")

// nobodysHash is checked when there is no account, so that the answer takes as long as if there were.
var nobodysHash = sync.OnceValue(func() string {
	return encodeHash(make([]byte, 16), make([]byte, argonKey), argonMemory, argonTime, argonLanes)
})

func hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	key, err := derive(ctx, password, salt, argonMemory, argonTime, argonLanes)
	if err != nil {
		return "", err
	}
	return encodeHash(salt, key, argonMemory, argonTime, argonLanes), nil
}

func checkPassword(ctx context.Context, hash, password string) (bool, error) {
	if utf8.RuneCountInString(password) > maxPassword {
		return false, nil
	}
	var m, t uint32
	var p uint8
	var salt64, key64 string
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errBadHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<20 || t == 0 || t > 100 || p == 0 {
		return false, errBadHash
	}
	salt64, key64 = parts[4], parts[5]
	salt, err1 := base64.RawStdEncoding.DecodeString(salt64)
	want, err2 := base64.RawStdEncoding.DecodeString(key64)
	if err1 != nil || err2 != nil || len(want) != argonKey {
		return false, errBadHash
	}
	got, err := derive(ctx, password, salt, m, t, p)
	if err != nil {
		return false, err
	}
	return same(string(got), string(want)), nil
}

func derive(ctx context.Context, password string, salt []byte, m, t uint32, p uint8) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, &Busy{After: hashWait, Why: "Too many people are signing in at this moment."}
	}
	return argon2.IDKey([]byte(password), salt, t, m, p, argonKey), nil
}

func encodeHash(salt, key []byte, m, t uint32, p uint8) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, m, t, p, b64(salt), b64(key))
}

// judgePassword says in one sentence why a new password is not good enough.
func judgePassword(password, email, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < minPassword:
		return ErrShortPassword
	case n > maxPassword:
		return ErrLongPassword
	}
	low := strings.ToLower(password)
	seen := map[rune]bool{}
	for _, r := range low {
		seen[r] = true
	}
	if len(seen) < 4 || low == email || low == strings.ToLower(name) {
		return ErrPlainPassword
	}
	return nil
}
