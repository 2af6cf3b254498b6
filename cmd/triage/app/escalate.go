package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/cmd/internal/node"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/escalate/email"
	"earshot/index/archive"
	"earshot/sources/topic"

	"golang.org/x/sync/errgroup"
)

// escalateStage keeps this node's ledger of incidents and, while this node leads, runs the dispatcher.
type escalateStage struct {
	client  *topic.Client
	decoder *decoder
	ledger  *escalate.Ledger
	store   archive.Store
	cfg     escalate.Config
	alone   bool // no other node shares the log
	log     *slog.Logger
	ready   *readiness
	audit   audit
	gone    erasures
	notices *escalate.Noticer // but for its PublicURL
	book    quality.Book      // what people decided about tags

	table      atomic.Pointer[escalate.Table]
	mu         sync.Mutex
	dispatcher *escalate.Dispatcher // while leading
	caughtUp   chan struct{}        // closed once the ledger has seen everything the log held at the start
	once       sync.Once
}

// considerWithin is Config.ConsiderWithin when it is zero: a mail waits twenty seconds for its group anyway (escalate.GroupWait), and a complaint has two working days.
const considerWithin = 2 * time.Minute

func (a *App) newEscalateStage() (*escalateStage, error) {
	notifier, err := newNotifier(a.cfg)
	if err != nil {
		return nil, err
	}
	s := &escalateStage{client: a.log.Client, decoder: a.decoder, ledger: escalate.NewLedger(), store: a.store, alone: a.cfg.Embedded(),
		log: a.slog.With("component", "escalate"), ready: &a.ready, caughtUp: make(chan struct{})}
	s.cfg = escalate.Config{Dir: a.cfg.path("escalate"), Ledger: s.ledger, Notifier: notifier, Journal: journal{a.log.Client},
		Lookup: lookup{overlay{a.store, a.recent}}, Signer: escalate.NewSigner(a.secret), Log: s.log, Metrics: escalate.NewMetrics(a.metrics)}
	s.notices = &escalate.Noticer{Store: noticeStore{a.log.Cursors}, Health: a.sourceHealth, Table: s.table.Load, Notifier: notifier, Metrics: s.cfg.Metrics, Log: s.log}
	if a.judges.consider != nil {
		s.cfg.ConsiderWithin = cmp.Or(a.cfg.ConsiderWithin, considerWithin)
	}
	return s, s.use(a.settings.Current())
}

// newNotifier chooses the mail server, or files where none is set.
func newNotifier(cfg Config) (escalate.Notifier, error) {
	if url := cfg.SMTPURL.Reveal(); url != "" {
		return email.NewSMTP(url)
	}
	return email.NewSpool(cfg.path("mail"))
}

// use compiles the routes of c for everything decided from now on.
func (s *escalateStage) use(c *node.Current) error {
	t, err := escalate.CompileRoutes(c.Folder)
	if err != nil {
		return err
	}
	for _, w := range t.Warnings {
		s.log.Warn("the routes work, but should be mended", "what", w)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.table.Store(t)
	if s.dispatcher != nil {
		s.dispatcher.SetTable(t)
	}
	return nil
}

// follow keeps the ledger with the casework on the log until ctx ends, and loads from the record what is older than the log.
func (s *escalateStage) follow(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return s.client.Follow(ctx, topic.FollowConfig{Topic: topic.Casework,
			OnCaughtUp: func() { s.once.Do(func() { close(s.caughtUp) }); s.ready.set("incidents") },
			Handle: func(ctx context.Context, recs []topic.Record) error {
				events := make([]casework.Event, 0, len(recs))
				for _, rec := range recs {
					if t, err := s.decoder.read(rec); err == nil { // the archive stage sets unreadable ones aside
						events = append(events, *t.event)
					}
				}
				s.ledger.Apply(events)
				s.audit.add(events)
				s.gone.add(events)
				s.book.Add(events)
				return nil
			}})
	})
	g.Go(func() error {
		return again(ctx, s.log, "load older incidents from the record", func() error { return s.ledger.Load(ctx, history{s.store, &s.book}) })
	})
	return g.Wait()
}

// run leads escalation whenever no other node does.
func (s *escalateStage) run(ctx context.Context) error {
	if s.alone {
		return s.lead(ctx)
	}
	return s.client.Lead(ctx, topic.GroupEscalate, s.lead)
}

func (s *escalateStage) lead(ctx context.Context) error {
	select {
	case <-s.caughtUp:
	case <-ctx.Done():
		return ctx.Err()
	}
	cfg := s.cfg
	cfg.Table = s.table.Load()
	d, err := escalate.Open(cfg)
	if err != nil {
		return err
	}
	defer d.Close()
	s.setDispatcher(d)
	defer s.setDispatcher(nil)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return d.Run(ctx) })
	notices := *s.notices
	notices.PublicURL = cfg.PublicURL
	g.Go(func() error { return notices.Run(ctx) })
	g.Go(func() error {
		return s.client.Consume(ctx, topic.ConsumeConfig{Group: topic.GroupEscalate, Topics: []string{topic.Triaged, topic.Casework},
			MaxBatch: writeBatch, BusyWait: writeWait, Handle: func(ctx context.Context, recs []topic.Record) error { return s.handle(ctx, d, recs) }})
	})
	return g.Wait()
}

func (s *escalateStage) setDispatcher(d *escalate.Dispatcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dispatcher = d
	if d != nil {
		d.SetTable(s.table.Load())
	}
}

// giveBack gives back what the dispatcher has mapped, on the node that leads.
func (s *escalateStage) giveBack() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dispatcher == nil {
		return nil
	}
	return s.dispatcher.GiveBack()
}

func (s *escalateStage) handle(ctx context.Context, d *escalate.Dispatcher, recs []topic.Record) error {
	items, err := s.decoder.sift(ctx, s.client, topic.GroupEscalate, recs)
	if err != nil {
		return topic.Retry(err)
	}
	tagged, events := split(items)
	if len(events) > 0 {
		if err := d.HandleEvents(ctx, events); err != nil {
			return topic.Retry(fmt.Errorf("follow %d events: %w", len(events), err))
		}
	}
	if len(tagged) > 0 {
		if err := d.HandleTagged(ctx, tagged); err != nil {
			return topic.Retry(fmt.Errorf("route %d mentions: %w", len(tagged), err))
		}
	}
	return nil
}

// status says which inboxes mails wait for, on the node that leads.
func (s *escalateStage) status() []web.StatusLine {
	s.mu.Lock()
	d := s.dispatcher
	s.mu.Unlock()
	if d == nil {
		return nil
	}
	var lines []web.StatusLine
	for _, h := range d.Health() {
		if h.Failures > 0 {
			lines = append(lines, web.StatusLine{Name: "Mail to " + h.To, Bad: true,
				Value: fmt.Sprintf("%d incidents wait; the mail server has failed %d times in a row and is tried again by itself: %s", h.Waiting, h.Failures, h.Error)})
		}
	}
	return lines
}

// history reads the record's casework for the ledger, and for the book on the way.
type history struct {
	store archive.Store
	book  *quality.Book
}

// Events calls fn for every event, in order within each mention.
func (h history) Events(ctx context.Context, fn func(casework.Event) error) error {
	return walk(ctx, h.store.Events, func(e casework.Event) error {
		h.book.Add([]casework.Event{e})
		return fn(e)
	})
}

// lookup finds a mention for the dispatcher, in what passed lately or in the record.
type lookup struct{ read overlay }

// Tagged returns the newest version and verdict of a mention.
func (l lookup) Tagged(ctx context.Context, id string) (classify.Tagged, error) {
	r, err := l.read.Get(ctx, system, id)
	return r.Tagged, err
}

// again repeats fn with a growing pause until it succeeds or ctx ends.
func again(ctx context.Context, log *slog.Logger, doing string, fn func() error) error {
	pause := time.Second
	for {
		err := fn()
		if err == nil || ctx.Err() != nil {
			return nil
		}
		log.Warn("not now, will try again", "doing", doing, "err", err, "in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, time.Minute)
	}
}
