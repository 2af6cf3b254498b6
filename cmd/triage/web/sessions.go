package web

import (
	"context"
	"errors"
	"time"
)

// A session ends when it was not used for sessionIdle and in any case after sessionLife. Its last use is written at most every sessionSeen,
// because each write goes to the log; so an idle end may come that much early.
const (
	sessionIdle = 8 * time.Hour
	sessionLife = 7 * 24 * time.Hour
	sessionSeen = 10 * time.Minute
)

// ErrNoSession says that nobody is signed in; ErrOldSession that somebody was, too long ago.
var (
	ErrNoSession  = errors.New("please sign in")
	ErrOldSession = errors.New("you were signed out because you had not used Earshot for a while; sign in again and you will be back where you were")
)

type session struct {
	Key     string    `json:"key"`
	Account string    `json:"account"`
	Began   time.Time `json:"began"`
	Seen    time.Time `json:"seen"`
}

// Begin opens a session and returns its secret.
func (a *Accounts) Begin(ctx context.Context, p Person) (secret string, err error) {
	secret, key := newSecret()
	at := a.now().UTC()
	a.sweep(ctx, at)
	return secret, put(ctx, a.table, "session/"+key, session{Key: key, Account: p.ID, Began: at, Seen: at})
}

// Session returns whose session secret opens. Errors: ErrNoSession, ErrOldSession.
func (a *Accounts) Session(ctx context.Context, secret string) (Person, error) {
	if secret == "" {
		return Person{}, ErrNoSession
	}
	s, ok := get[session](a.table, "session/"+keep(secret))
	if !ok {
		return Person{}, ErrOldSession
	}
	at := a.now().UTC()
	if s.ended(at) {
		return Person{}, errors.Join(ErrOldSession, a.table.Delete(ctx, "session/"+s.Key))
	}
	p, ok := a.Person(s.Account)
	if !ok || !p.Left.IsZero() {
		return Person{}, ErrNoSession
	}
	if at.Sub(s.Seen) >= sessionSeen {
		s.Seen = at
		// A log that is away must not sign anybody out: the session goes on, its last use is noted next time.
		_ = put(ctx, a.table, "session/"+s.Key, s)
	}
	return p, nil
}

func (s session) ended(at time.Time) bool {
	return at.Sub(s.Seen) > sessionIdle || at.Sub(s.Began) > sessionLife
}

// End closes one session.
func (a *Accounts) End(ctx context.Context, secret string) error {
	return a.table.Delete(ctx, "session/"+keep(secret))
}

func (a *Accounts) endSessions(ctx context.Context, account string) error {
	var errs []error
	for _, s := range each[session](a.table, "session/") {
		if s.Account == account {
			errs = append(errs, a.table.Delete(ctx, "session/"+s.Key))
		}
	}
	return errors.Join(errs...)
}

// sweep forgets sessions that ended, so that the table stays small; what it misses, the next sign-in finds.
func (a *Accounts) sweep(ctx context.Context, at time.Time) {
	for _, s := range each[session](a.table, "session/") {
		if s.ended(at) && a.table.Delete(ctx, "session/"+s.Key) != nil {
			return
		}
	}
}
