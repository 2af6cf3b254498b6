package escalate

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"earshot/sources"

	"github.com/cenkalti/backoff/v4"
)

// NoticeStore keeps the NoticeBook where every node reads it. Save returns once it is durable.
type NoticeStore interface {
	Load(ctx context.Context) (NoticeBook, error)
	Save(ctx context.Context, b NoticeBook) error
}

// Noticer watches the sources' health and tells the publicity inbox of trouble, once, and that it is over. It runs on one node at a time.
//
// A mail is planned in the book before it is sent and taken out once it was accepted, so that a restart forgets none; one that was accepted
// and not yet marked is sent again with the same Message-ID, by which mailboxes recognise it. Quiet hours hold for it as for every mail that
// is not about a risk; what is over before the office opens is not told at all.
type Noticer struct {
	Store     NoticeStore
	Health    func() []sources.Health // of every source in the settings
	Table     func() *Table
	Notifier  Notifier
	PublicURL string
	Metrics   *Metrics         // nil: none
	Log       *slog.Logger     // needed
	Now       func() time.Time // nil: time.Now
}

// noticeEvery is how often the health is looked at.
const noticeEvery = 30 * time.Second

// Run watches until ctx ends, and returns ctx.Err().
func (n *Noticer) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff(backoff.WithInitialInterval(noticeEvery), backoff.WithMaxInterval(10*time.Minute), backoff.WithMaxElapsedTime(0))
	for {
		wait := noticeEvery
		if err := n.turn(ctx); err != nil && ctx.Err() == nil {
			wait = pause.NextBackOff()
			n.Log.Warn("a notice about a source could not be stored or sent; trying again", "in", wait, "err", err)
		} else {
			pause.Reset()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

func (n *Noticer) now() time.Time {
	if n.Now == nil {
		return time.Now().UTC()
	}
	return n.Now().UTC()
}

// turn looks once: it brings the book up to date, stores it, and sends what waits.
func (n *Noticer) turn(ctx context.Context) error {
	book, err := n.Store.Load(ctx)
	if err != nil {
		return err
	}
	now, t := n.now(), n.Table()
	changed := book.observe(n.Health(), now)
	changed = book.plan(t.council.Inboxes.Publicity, now) || changed
	if changed {
		if err := n.Store.Save(ctx, book); err != nil {
			return err
		}
	}
	if !t.sendAlways && !t.calendar.Open(now) {
		return nil
	}
	var failed []error
	for _, m := range append([]NoticeMail(nil), book.Mails...) {
		if err := n.send(ctx, t, m); err != nil && !errors.Is(err, ErrRefused) {
			n.Metrics.failed()
			failed = append(failed, err)
			continue // another inbox may work
		} else if err != nil {
			n.Log.Warn("a mail about a source was refused for good", "err", err)
			book.sent(m, false)
		} else {
			book.sent(m, true)
		}
		if err := n.Store.Save(ctx, book); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

func (n *Noticer) send(ctx context.Context, t *Table, m NoticeMail) error {
	mail, err := composeNotice(t, m, n.PublicURL, n.now())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Limits{}.orDefaults().SendWithin)
	defer cancel()
	return n.Notifier.Send(ctx, mail)
}
