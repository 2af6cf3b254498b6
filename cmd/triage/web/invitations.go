package web

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/casework"
)

// invitationLife is how long a one-time link works.
const invitationLife = 7 * 24 * time.Hour

// Invitation is a one-time link under which somebody chooses a password. For an address that has an account already it sets a new
// password and the role stated.
type Invitation struct {
	Key     string        `json:"key"` // what is kept of the secret
	Email   string        `json:"email,omitzero"`
	Name    string        `json:"name,omitzero"`
	Role    casework.Role `json:"role"`
	Service string        `json:"service,omitzero"`
	By      string        `json:"by,omitzero"`
	First   bool          `json:"first,omitzero"` // the first administrator, who states name and address
	Until   time.Time     `json:"until"`
}

// FirstAdminLink is Server.FirstAdminLink for a given base URL.
func (a *Accounts) FirstAdminLink(ctx context.Context, base string) (link string, needed bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range each[Invitation](a.table, "invitation/") {
		if !i.First {
			continue
		}
		if err := a.table.Delete(ctx, "invitation/"+i.Key); err != nil {
			return "", false, err
		}
	}
	if a.admins() > 0 {
		return "", false, nil
	}
	secret, err := a.invite(ctx, Invitation{Role: casework.Admin, First: true})
	return welcomeLink(base, secret), true, err
}

// Invite makes a one-time link's secret for somebody.
func (a *Accounts) Invite(ctx context.Context, by Person, email, name string, role casework.Role, service string) (secret string, err error) {
	email, err = checkPerson(email, role, service)
	if err != nil {
		return "", err
	}
	name = strings.TrimSpace(name)
	if name == "" {
		return "", ErrNoName
	}
	if role != casework.ServiceMan {
		service = ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if p, ok := a.byEmail(email); ok && p.Role == casework.Admin && role != casework.Admin && a.admins() == 1 {
		return "", ErrLastAdmin
	}
	return a.invite(ctx, Invitation{Email: email, Name: name, Role: role, Service: service, By: by.ID})
}

// ErrNoName is returned when an invitation or account has no name.
var ErrNoName = errors.New("the name is missing: it is what colleagues see in the history of a case")

func (a *Accounts) invite(ctx context.Context, i Invitation) (secret string, err error) {
	secret, i.Key = newSecret()
	i.Until = a.now().UTC().Add(invitationLife)
	return secret, put(ctx, a.table, "invitation/"+i.Key, i)
}

// Invitations lists the links that still work, the one that ends first in front.
func (a *Accounts) Invitations() []Invitation {
	open := slices.DeleteFunc(each[Invitation](a.table, "invitation/"), func(i Invitation) bool { return a.now().After(i.Until) })
	slices.SortFunc(open, func(x, y Invitation) int { return x.Until.Compare(y.Until) })
	return open
}

// Invited returns what a link's secret stands for; ErrUsedLink when it does not work (any more).
func (a *Accounts) Invited(secret string) (Invitation, error) {
	i, ok := get[Invitation](a.table, "invitation/"+keep(secret))
	if !ok || a.now().After(i.Until) || i.First && a.admins() > 0 {
		return Invitation{}, ErrUsedLink
	}
	return i, nil
}

// Withdraw ends a link that was not used.
func (a *Accounts) Withdraw(ctx context.Context, key string) error {
	return a.table.Delete(ctx, "invitation/"+key)
}

// Accept makes or renews the account that a link stands for and uses the link up. For the first administrator email and name count; for
// everybody else those of the invitation do.
func (a *Accounts) Accept(ctx context.Context, secret, email, name, password string) (Person, error) {
	i, err := a.Invited(secret)
	if err != nil {
		return Person{}, err
	}
	if i.First {
		if i.Email, err = checkPerson(email, i.Role, ""); err != nil {
			return Person{}, err
		}
		if i.Name = strings.TrimSpace(name); i.Name == "" {
			return Person{}, ErrNoName
		}
	}
	if err := judgePassword(password, i.Email, i.Name); err != nil {
		return Person{}, err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return Person{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.Invited(secret); err != nil { // used by somebody else while the password was hashed
		return Person{}, err
	}
	p, known := a.byEmail(i.Email)
	if !known {
		p = Person{ID: newAccountID(), Email: i.Email, Created: a.now().UTC(), By: i.By}
	}
	p.Name, p.Role, p.Service, p.Hash = i.Name, i.Role, i.Service, hash
	if err := put(ctx, a.table, "account/"+p.ID, p); err != nil {
		return Person{}, err
	}
	if err := a.table.Delete(ctx, "invitation/"+i.Key); err != nil {
		return Person{}, err
	}
	if known { // a new password ends what the old one opened
		return p, a.endSessions(ctx, p.ID)
	}
	return p, nil
}

func welcomeLink(base, secret string) string {
	return strings.TrimRight(base, "/") + "/welcome/" + url.PathEscape(secret)
}
