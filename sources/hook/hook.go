package hook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"earshot/settings"
	"earshot/sources"
)

// Config is what a Handler needs.
type Config struct {
	Registry  sources.Registry
	Source    func(id string) (settings.Source, bool) // from the settings in force
	Deps      sources.Deps
	Publisher sources.Publisher // gives up by itself after a while: the platform waits for its answer
	Health    Health            // nil: pushes count for no source's health
	Metrics   *Metrics          // nil: nothing is counted
	Ingest    *sources.Metrics  // counts the mentions; nil: nothing is counted
}

// Health is told when a platform pushed.
type Health interface {
	SavePush(ctx context.Context, source string, p sources.Pushed) error
}

// Bounds of a delivery.
const (
	freshFor   = 5 * time.Minute  // how far the time a platform signed may lie from now
	readWithin = 10 * time.Second // for the body
	slowAfter  = time.Second      // a body that is on its way for longer makes place for another
	atOnce     = 16               // deliveries of one source whose bodies are held
	retrySoon  = 5 * time.Second
	retryLater = 5 * time.Minute // a person must act first
	tellEvery  = 10 * time.Second
)

// Handler answers /hooks/{source}. Safe for concurrent use.
type Handler struct {
	cfg   Config
	log   *slog.Logger
	desks *desks
	aloud rate.Sometimes // what strangers can cause is logged once a minute; the metrics have all of it
}

// New makes a Handler.
func New(cfg Config) *Handler {
	return &Handler{cfg: cfg, log: cfg.Deps.Logger().With("component", "hooks"),
		aloud: rate.Sometimes{First: 1, Interval: time.Minute},
		desks: &desks{cfg: cfg, all: map[string]*desk{}}}
}

// Forget lets go of a source's Receiver, because a key of its changed; the next delivery makes a new one.
func (h *Handler) Forget(source string) { h.desks.forget(source) }

// answer is what the platform is told, and what is counted.
type answer struct {
	kind, outcome string
	status        int
	body, typ     string
	retry         time.Duration
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.take(w, r)
	h.cfg.Metrics.answered(a.kind, a.outcome)
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	if a.retry > 0 {
		head.Set("Retry-After", seconds(a.retry))
	}
	if a.status == http.StatusMethodNotAllowed {
		head.Set("Allow", "GET, POST")
	}
	if a.body != "" {
		head.Set("Content-Type", cmp.Or(a.typ, "text/plain; charset=utf-8"))
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body) // an error means that the platform has gone
}

// take does everything but answer.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) answer {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return answer{outcome: outRefused, status: http.StatusMethodNotAllowed}
	}
	id := strings.TrimPrefix(r.URL.Path, "/hooks/")
	d, receiver, err := h.desks.find(id)
	switch {
	case d == nil:
		return answer{outcome: outUnknown, status: http.StatusNotFound, body: "No source takes deliveries here.\n"}
	case err != nil:
		return h.cannot(d, err)
	}
	body, leave, err := h.readBody(w, r, d)
	if leave == nil {
		return d.later(retrySoon)
	}
	defer leave()
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return d.says(outTooLarge, http.StatusRequestEntityTooLarge, "The delivery is larger than the 1 MiB that are read.\n")
	case err != nil:
		return d.says(outBroken, http.StatusBadRequest, "The delivery did not arrive whole.\n")
	}
	return h.receive(r, d, receiver, body)
}

// readBody reads what was delivered, which keeps a place until leave is called; leave is nil when there is none.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request, d *desk) (body []byte, leave func(), err error) {
	until := http.NewResponseController(w).SetReadDeadline // where the server has no deadlines, it has its own bounds
	_ = until(time.Now().Add(readWithin))
	v := d.places.enter(h.cfg.Deps.Time(), func() { _ = until(time.Now()) })
	if v == nil {
		return nil, nil, nil
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, sources.MaxPushBytes))
	d.places.arrived(v)
	return body, func() { d.places.leave(v) }, err
}

// receive shows a delivery to its Receiver and stores what it holds.
func (h *Handler) receive(r *http.Request, d *desk, receiver sources.Receiver, body []byte) answer {
	ctx := r.Context()
	got, err := receiver.Receive(ctx, r, body)
	now := h.cfg.Deps.Time()
	if err != nil {
		return h.refuse(d, err)
	}
	if !got.SignedAt.IsZero() && now.Sub(got.SignedAt).Abs() > freshFor {
		h.aloud.Do(func() {
			h.log.Warn("a delivery was signed too long ago, or by a clock that is ahead", "source", d.source.ID, "signed", got.SignedAt)
		})
		return d.says(outStale, http.StatusUnauthorized, "")
	}
	ok := answer{kind: d.source.Kind, outcome: outEmpty, status: http.StatusOK, body: got.Answer, typ: got.AnswerType}
	if len(got.Mentions) == 0 {
		h.tell(ctx, d, sources.Pushed{At: now.UTC()})
		return ok
	}
	keys := keysOf(got.Events, body)
	if d.seen.has(keys, now) {
		ok.outcome = outRepeated
		return ok
	}
	taken := d.intake.Take(ctx, got.Mentions)
	if len(taken.Accepted) > 0 {
		if err := h.cfg.Publisher.PublishMentions(ctx, taken.Accepted); err != nil {
			h.log.Error("what was pushed cannot be stored; the platform is told to send it again", "source", d.source.ID, "err", err)
			return d.later(retrySoon)
		}
	}
	d.intake.Stored(taken)
	d.seen.add(keys, now)
	pushed := sources.Pushed{At: now.UTC()}
	if len(taken.Accepted) > 0 {
		pushed.Mention = pushed.At
	}
	h.tell(ctx, d, pushed)
	ok.outcome = outStored
	return ok
}

// refuse says what an error of Receive means for whoever sent the delivery.
func (h *Handler) refuse(d *desk, err error) answer {
	var wait *sources.Wait
	switch {
	case errors.Is(err, sources.ErrForged):
		h.aloud.Do(func() { h.log.Warn("a delivery was not signed by the platform", "source", d.source.ID) })
		return d.says(outForged, http.StatusUnauthorized, "")
	case errors.Is(err, sources.ErrStop), errors.As(err, &wait):
		return h.cannot(d, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return d.later(retrySoon)
	}
	h.log.Warn("a delivery cannot be read", "source", d.source.ID)
	h.log.Debug("a delivery cannot be read", "source", d.source.ID, "err", err) // the cause may repeat its words
	return d.says(outUnreadable, http.StatusBadRequest, "The delivery cannot be read.\n")
}

// cannot is the answer where a person must act first, whoever asks.
func (h *Handler) cannot(d *desk, err error) answer {
	h.aloud.Do(func() {
		h.log.Warn("this source cannot take what its platform pushes", "source", d.source.ID, "err", err)
	})
	return d.later(retryLater)
}

// tell lets the source's health know of a push, at most every ten seconds.
func (h *Handler) tell(ctx context.Context, d *desk, p sources.Pushed) {
	if h.cfg.Health == nil || !d.due(&p) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := h.cfg.Health.SavePush(ctx, d.source.ID, p); err != nil {
		h.log.Warn("a push is stored, but the source's health does not show it yet", "source", d.source.ID, "err", err)
	}
}

// keysOf are the names under which a delivery is remembered.
func keysOf(events []string, body []byte) []key {
	if len(events) == 0 {
		sum := sha256.Sum256(body)
		return []key{key(sum[:16])}
	}
	keys := make([]key, len(events))
	for i, e := range events {
		sum := sha256.Sum256([]byte(e))
		keys[i] = key(sum[:16])
	}
	return keys
}
