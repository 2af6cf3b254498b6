package web

import (
	"context"
	"errors"
	"time"

	"earshot/casework"
)

// Accounts keeps people, sessions, invitations and API tokens in a Table. Secrets are kept as SHA-256 of 256 random bits, passwords as
// argon2id; neither can be read back. Safe for concurrent use.
type Accounts struct {
	table Table
	now   func() time.Time
}

// NewAccounts returns the accounts that table holds. The command line uses it too, for tokens.
func NewAccounts(table Table, now func() time.Time) *Accounts {
	if now == nil {
		now = time.Now
	}
	return &Accounts{table: table, now: now}
}

// Token is an API token as listed; the token itself is shown once, when it is made.
type Token struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Role    casework.Role `json:"role"`
	Service string        `json:"service,omitzero"`
	Created time.Time     `json:"created"`
	By      string        `json:"by"`
	Used    time.Time     `json:"used,omitzero"` // to the hour
}

// ErrNoToken is returned by RevokeToken for an ID that is not there.
var ErrNoToken = errors.New("web: no such token")

// CreateToken makes an API token and returns it as clear text, for the only time.
func (a *Accounts) CreateToken(ctx context.Context, name string, role casework.Role, service, by string) (secret string, t Token, err error) {
	return "", Token{}, errors.New("web: not yet")
}

// Tokens lists the tokens, oldest first.
func (a *Accounts) Tokens() []Token { return nil }

// RevokeToken ends a token at once.
func (a *Accounts) RevokeToken(ctx context.Context, id string) error { return ErrNoToken }

// FirstAdminLink is Server.FirstAdminLink for a given base URL.
func (a *Accounts) FirstAdminLink(ctx context.Context, base string) (link string, needed bool, err error) {
	return "", false, nil
}
