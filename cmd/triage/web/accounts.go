package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/casework"

	"github.com/go-json-experiment/json"
)

// Accounts keeps people, sessions, invitations and API tokens in a Table. Secrets are kept as SHA-256 of 256 random bits, passwords as
// argon2id; neither can be read back. Safe for concurrent use.
type Accounts struct {
	table Table
	now   func() time.Time
	mu    sync.Mutex // changes of accounts and invitations, so that a one-time link works once
}

// NewAccounts returns the accounts that table holds. The command line uses it too, for tokens.
func NewAccounts(table Table, now func() time.Time) *Accounts {
	if now == nil {
		now = time.Now
	}
	return &Accounts{table: table, now: now}
}

// Person is somebody with an account.
type Person struct {
	ID      string        `json:"id"`
	Email   string        `json:"email"` // lower case; what they sign in with
	Name    string        `json:"name"`
	Role    casework.Role `json:"role"`
	Service string        `json:"service,omitzero"` // of a service manager
	Hash    string        `json:"hash,omitzero"`    // argon2id, PHC form
	Created time.Time     `json:"created"`
	By      string        `json:"by,omitzero"`
	Left    time.Time     `json:"left,omitzero"` // when the account was closed; zero: open
}

// Viewer is p as every query takes it.
func (p Person) Viewer() casework.Viewer {
	return casework.Viewer{Account: p.ID, Role: p.Role, Service: p.Service}
}

// Actor is p as the history names it.
func (p Person) Actor() casework.Actor {
	return casework.Actor{Kind: "person", ID: p.ID, Name: p.Name, Role: p.Role}
}

// The faults a person can mend; their text is shown.
var (
	ErrWrongPassword = errors.New("the e-mail address or the password is not right")
	ErrUsedLink      = errors.New("this link has been used already or is too old; ask an administrator for a new one")
	ErrShortPassword = fmt.Errorf("the password is too short: use at least %d characters, for example three words that you will remember", minPassword)
	ErrLongPassword  = fmt.Errorf("the password is too long: use at most %d characters", maxPassword)
	ErrPlainPassword = errors.New("the password is too easy to guess: do not use your name, your address or one character again and again")
	ErrBadAddress    = errors.New("the e-mail address is not complete: write it like name@example.gov.uk")
	ErrBadRole       = errors.New("the role is unknown: choose comms, hr, monitoring, service, admin or staff")
	ErrNoService     = errors.New("a service manager needs a service: choose which one")
	ErrLastAdmin     = errors.New("this is the only administrator: give somebody else the role first")
	ErrNoPerson      = errors.New("there is no such account")
)

// People lists everybody, open accounts first, then by name.
func (a *Accounts) People() []Person {
	people := each[Person](a.table, "account/")
	slices.SortFunc(people, func(x, y Person) int {
		if x.Left.IsZero() != y.Left.IsZero() {
			if x.Left.IsZero() {
				return -1
			}
			return 1
		}
		return strings.Compare(x.Name+x.ID, y.Name+y.ID)
	})
	return people
}

// Person returns one account.
func (a *Accounts) Person(id string) (Person, bool) { return get[Person](a.table, "account/"+id) }

func (a *Accounts) byEmail(email string) (Person, bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	for _, p := range each[Person](a.table, "account/") {
		if p.Email == email && p.Left.IsZero() {
			return p, true
		}
	}
	return Person{}, false
}

// SignIn checks a password. It takes the same time whether or not the account exists. Errors: ErrWrongPassword, *Busy.
func (a *Accounts) SignIn(ctx context.Context, email, password string) (Person, error) {
	p, ok := a.byEmail(email)
	hash := p.Hash
	if !ok || hash == "" {
		hash = nobodysHash()
	}
	right, err := checkPassword(ctx, hash, password)
	if err != nil {
		return Person{}, err
	}
	if !ok || p.Hash == "" || !right {
		return Person{}, ErrWrongPassword
	}
	return p, nil
}

// Close ends an account and everything it is signed in with.
func (a *Accounts) Close(ctx context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.Person(id)
	if !ok || !p.Left.IsZero() {
		return ErrNoPerson
	}
	if p.Role == casework.Admin && a.admins() == 1 {
		return ErrLastAdmin
	}
	p.Left, p.Hash = a.now().UTC(), ""
	if err := put(ctx, a.table, "account/"+id, p); err != nil {
		return err
	}
	return a.endSessions(ctx, id)
}

func (a *Accounts) admins() int {
	n := 0
	for _, p := range each[Person](a.table, "account/") {
		if p.Role == casework.Admin && p.Left.IsZero() && p.Hash != "" {
			n++
		}
	}
	return n
}

func checkPerson(email string, role casework.Role, service string) (string, error) {
	addr, err := mail.ParseAddress(strings.TrimSpace(email))
	switch {
	case err != nil || addr.Name != "" || len(addr.Address) > 254:
		return "", ErrBadAddress
	case !slices.Contains(casework.Roles, role):
		return "", ErrBadRole
	case role == casework.ServiceMan && service == "":
		return "", ErrNoService
	}
	return strings.ToLower(addr.Address), nil
}

// newSecret returns 256 random bits as text, and what is kept of them.
func newSecret() (secret, kept string) {
	var b [32]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, keep(secret)
}

// keep returns what is kept of a secret. It is random and long, so a plain hash is enough.
func keep(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func newAccountID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func get[T any](t Table, key string) (v T, ok bool) {
	b, ok := t.Get(key)
	if !ok || json.Unmarshal(b, &v) != nil {
		var zero T
		return zero, false
	}
	return v, true
}

func each[T any](t Table, prefix string) []T {
	var out []T
	for _, b := range t.All(prefix) {
		var v T
		if json.Unmarshal(b, &v) == nil {
			out = append(out, v)
		}
	}
	return out
}

func put(ctx context.Context, t Table, key string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	kind, _, _ := strings.Cut(key, "/")
	if err := t.Put(ctx, key, b); err != nil {
		return fmt.Errorf("keep %s: %w", kind, err)
	}
	return nil
}
