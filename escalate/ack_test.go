package escalate_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"earshot/escalate"
)

func TestAck(t *testing.T) {
	s := escalate.NewSigner([]byte("secret"))
	now := time.Date(2026, 11, 10, 10, 0, 0, 0, time.UTC)
	token := s.Sign("incident-1", "Publicity@westford.example", now.Add(time.Hour))
	a, err := s.VerifyFor(token, "incident-1", now)
	if err != nil || a.Incident != "incident-1" || a.Recipient != escalate.RecipientHash("publicity@westford.example") || !a.Expires.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v, %v", a, err)
	}
	if strings.ContainsAny(token, "/+=?&") {
		t.Errorf("%q needs escaping in a URL", token)
	}
	if strings.Contains(token, "westford") {
		t.Error("the token tells the address")
	}
	if _, err := s.Verify(token, now.Add(time.Hour)); !errors.Is(err, escalate.ErrAckExpired) {
		t.Errorf("expired: %v", err)
	}
	if _, err := s.VerifyFor(token, "incident-2", now); !errors.Is(err, escalate.ErrAckOther) {
		t.Errorf("another's: %v", err)
	}
	if _, err := escalate.NewSigner([]byte("other")).Verify(token, now); !errors.Is(err, escalate.ErrAckForged) {
		t.Errorf("another installation's: %v", err)
	}
	for _, forged := range []string{"", "x", "....", strings.Repeat("A", 10_000), token + "A", token[:len(token)-1]} {
		if _, err := s.Verify(forged, now); !errors.Is(err, escalate.ErrAckForged) {
			t.Errorf("%.20q: %v", forged, err)
		}
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // one changed byte, wherever
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		if _, err := s.Verify(base64.RawURLEncoding.EncodeToString(changed), now); !errors.Is(err, escalate.ErrAckForged) {
			t.Errorf("byte %d changed: %v", i, err)
		}
	}
	for _, err := range []error{escalate.ErrAckExpired, escalate.ErrAckForged, escalate.ErrAckOther} {
		if strings.Count(err.Error(), ".") != 0 || !strings.Contains(err.Error(), "open the incident") {
			t.Errorf("%q is not one sentence that says what to do", err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := escalate.NewSigner([]byte("secret"))
	now := time.Now()
	f.Add(s.Sign("i", "a@b.example", now.Add(time.Hour)))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if a, err := s.Verify(token, now); err == nil && token != s.Sign(a.Incident, "a@b.example", a.Expires) {
			t.Errorf("accepted %q", token)
		}
	})
}
