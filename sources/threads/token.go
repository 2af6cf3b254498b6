package threads

import (
	"context"
	"net/url"
	"sync"
	"time"

	"earshot/sources"
	"earshot/sources/meta"
)

const (
	renewAddress = "https://graph.threads.net/refresh_access_token"
	renewEvery   = 7 * 24 * time.Hour // of 60 days
	renewAgain   = 24 * time.Hour     // when it failed, such as with a token of today
)

// token keeps the long-lived token alive: not renewed for 60 days it is dead. A renewal that fails stops nothing, since the token at hand may be
// good; if it is not, the next request says so.
type token struct {
	source string
	deps   sources.Deps
	call   *sources.Caller

	mu       sync.Mutex
	next     time.Time // when to renew
	old, now string    // as entered, and as renewed since, where renewed keys cannot be kept
}

func (t *token) get(ctx context.Context) (string, error) {
	key, err := t.deps.Key(ctx, t.source, meta.Token)
	if err != nil {
		return "", err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if key == t.old {
		key = t.now
	}
	if t.deps.Time().Before(t.next) {
		return key, nil
	}
	t.next = t.deps.Time().Add(renewAgain)
	renewed, err := t.renew(ctx, key)
	if err != nil {
		t.deps.Logger().Info("token not renewed, tried again in a day", "source", t.source, "err", err)
		return key, nil
	}
	t.next = t.deps.Time().Add(renewEvery)
	t.old, t.now = key, renewed
	if err := t.deps.KeepKey(ctx, t.source, meta.Token, renewed); err != nil {
		t.deps.Logger().Warn("renewed token not kept; the old one is used after a restart", "source", t.source, "err", err)
	}
	return renewed, nil
}

func (t *token) renew(ctx context.Context, key string) (string, error) {
	var out struct {
		Token string `json:"access_token"`
	}
	q := url.Values{"grant_type": {"th_refresh_token"}, "access_token": {key}}
	if _, err := t.call.GetJSON(ctx, renewAddress+"?"+q.Encode(), &out); err != nil {
		return "", err
	}
	if out.Token == "" {
		return key, nil
	}
	return out.Token, nil
}
