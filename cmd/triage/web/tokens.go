package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/casework"
)

// Token is an API token as listed; the token itself is shown once, when it is made.
type Token struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Role    casework.Role `json:"role"`
	Service string        `json:"service,omitzero"`
	Created time.Time     `json:"created"`
	By      string        `json:"by,omitzero"`
	Kept    string        `json:"kept,omitzero"` // what is kept of the secret; empty as listed
}

// tokenPrefix lets secret scanners and people recognise a token.
const tokenPrefix = "earshot_"

// The faults of tokens.
var (
	ErrNoToken  = errors.New("there is no such token")
	ErrBadToken = errors.New("the token is not valid: it was revoked, or part of it is missing")
)

// CreateToken makes an API token and returns it as clear text, for the only time.
func (a *Accounts) CreateToken(ctx context.Context, name string, role casework.Role, service, by string) (secret string, t Token, err error) {
	switch {
	case !slices.Contains(casework.Roles, role):
		return "", Token{}, ErrBadRole
	case role == casework.ServiceMan && service == "":
		return "", Token{}, ErrNoService
	case role != casework.ServiceMan:
		service = ""
	}
	random, kept := newSecret()
	t = Token{ID: newAccountID(), Name: strings.TrimSpace(name), Role: role, Service: service, Created: a.now().UTC(), By: by, Kept: kept}
	if t.Name == "" {
		t.Name = string(role)
	}
	if err := put(ctx, a.table, "token/"+t.ID, t); err != nil {
		return "", Token{}, err
	}
	t.Kept = ""
	return fmt.Sprintf("%s%s_%s", tokenPrefix, t.ID, random), t, nil
}

// Tokens lists the tokens, oldest first.
func (a *Accounts) Tokens() []Token {
	tokens := each[Token](a.table, "token/")
	for i := range tokens {
		tokens[i].Kept = ""
	}
	slices.SortFunc(tokens, func(x, y Token) int {
		return strings.Compare(x.Created.Format(time.RFC3339Nano)+x.ID, y.Created.Format(time.RFC3339Nano)+y.ID)
	})
	return tokens
}

// RevokeToken ends a token at once. ErrNoToken when there is none of that ID.
func (a *Accounts) RevokeToken(ctx context.Context, id string) error {
	if _, ok := get[Token](a.table, "token/"+id); !ok {
		return ErrNoToken
	}
	return a.table.Delete(ctx, "token/"+id)
}

// Token returns whose token secret is; ErrBadToken when it is none.
func (a *Accounts) Token(secret string) (Token, error) {
	id, random, ok := strings.Cut(strings.TrimPrefix(secret, tokenPrefix), "_")
	t, known := get[Token](a.table, "token/"+id)
	if !ok || !known || !strings.HasPrefix(secret, tokenPrefix) || !same(t.Kept, keep(random)) {
		return Token{}, ErrBadToken
	}
	t.Kept = ""
	return t, nil
}

// Viewer is t as every query takes it.
func (t Token) Viewer() casework.Viewer {
	return casework.Viewer{Account: "token:" + t.ID, Role: t.Role, Service: t.Service}
}

// Actor is t as the history names it.
func (t Token) Actor() casework.Actor {
	return casework.Actor{Kind: "token", ID: t.ID, Name: t.Name, Role: t.Role}
}
