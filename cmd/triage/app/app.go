package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/cmd/internal/control"
	"earshot/cmd/internal/lifecycle"
	"earshot/cmd/internal/node"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/index/archive"
	"earshot/index/fulltext"
	"earshot/settings"
	"earshot/sources"
	"earshot/sources/hook"
	"earshot/sources/topic"
	"earshot/sources/upload"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"
)

// App is one triage process.
type App struct {
	cfg        Config
	slog       *slog.Logger
	metrics    *prometheus.Registry
	stack      lifecycle.Stack
	node       string // this node's name among several
	secret     []byte
	log        *node.Log
	settings   *node.Settings
	keys       *node.Keys
	store      archive.Store
	bucket     upload.Bucket
	uploads    *upload.Store
	noReader   error // why pictures are not read; nil when they are
	decoder    *decoder
	recent     *recent
	hub        *web.Hub
	judges     *judges
	classify   *classifyStage
	fulltext   *fulltextStage
	escalate   *escalateStage
	connectors *node.Connectors
	fleet      *sources.Fleet // nil when connectors run elsewhere
	hooks      *hook.Handler
	sweeps     *sources.Sweeps
	workers    map[string]*worker
	web        *web.Server
	listener   net.Listener
	fresh      bool // the data folder was new
	rebuild    bool // the index must be built from the record before it can be trusted
	ready      readiness
	lags       lags
}

// New opens everything a running triage needs. Run starts it; Close gives everything back, also after a failed New.
func New(ctx context.Context, cfg Config) (_ *App, err error) {
	a, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
		}
	}()
	if err := a.openStages(ctx); err != nil {
		return nil, err
	}
	return a, a.openPages(ctx)
}

// open opens the data folder, the log, the settings, the record and the blobs: what commands need that run without a running triage.
func open(ctx context.Context, cfg Config) (_ *App, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Out == nil {
		cfg.Out = io.Discard
	}
	a := &App{cfg: cfg, slog: cfg.Log, metrics: prometheus.NewRegistry(), decoder: newDecoder(), recent: newRecent(), hub: web.NewHub(), workers: map[string]*worker{}}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.stack = lifecycle.Stack{Budget: cfg.Shutdown, Log: cfg.Log}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close(ctx))
		}
	}()
	_, statErr := os.Stat(cfg.path("node"))
	a.fresh = errors.Is(statErr, os.ErrNotExist)
	if err := node.LockData(ctx, cfg.Data, &a.stack); err != nil {
		return nil, err
	}
	if a.node, err = nodeName(cfg.path("node")); err != nil {
		return nil, err
	}
	if a.secret, err = cfg.Key(); err != nil {
		return nil, err
	}
	a.log, err = node.OpenLog(ctx, node.LogConfig{Data: cfg.Data, Brokers: cfg.KafkaBrokers, Prefix: cfg.TopicPrefix, ClientID: "triage-" + a.node,
		Log: a.slog, Registry: a.metrics}, &a.stack)
	if err != nil {
		return nil, err
	}
	if a.keys, err = node.NewKeys(a.log.Settings, a.secret); err != nil {
		return nil, err
	}
	if err := a.openSettings(ctx); err != nil {
		return nil, err
	}
	if a.store, err = openRecord(ctx, cfg, archive.NewMetrics(a.metrics)); err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	a.stack.Push("record", func(context.Context) error { return a.store.Close() })
	return a, nil
}

// openSettings reads the settings from the log and imports the first ones when there are none.
func (a *App) openSettings(ctx context.Context) error {
	a.settings = node.OpenSettings(a.log.Settings, a.slog, JudgeRoutes)
	if a.settings.Current() != nil {
		a.cfg.Demo = false
		return nil
	}
	if why := a.settings.Fault(); why != "" {
		return fmt.Errorf("the settings on the log cannot be used by this version:\n%s", why)
	}
	from, fsys := "the sample council", settings.Sample()
	if a.cfg.Settings != "" {
		from, fsys, a.cfg.Demo = a.cfg.Settings, os.DirFS(a.cfg.Settings), false
	}
	files, err := settings.ReadFiles(fsys)
	if err == nil {
		_, err = a.settings.Import(ctx, files, "system", "first start, from "+from)
	}
	if err != nil {
		return fmt.Errorf("import the settings of %s:\n%w", from, err)
	}
	a.slog.Info("imported the first settings", "from", from, "files", len(files))
	return nil
}

// JudgeRoutes says what escalation cannot use in a folder: the judge that a start, an import and `triage check` share.
func JudgeRoutes(f *settings.Folder) error {
	_, err := escalate.CompileRoutes(f)
	return err
}

// openStages prepares every stage without starting one.
func (a *App) openStages(ctx context.Context) error {
	if err := a.openJudges(); err != nil {
		return err
	}
	a.classify = &classifyStage{client: a.log.Client, decoder: a.decoder, judges: a.judges}
	a.fulltext = &fulltextStage{client: a.log.Client, decoder: a.decoder, group: a.fulltextGroup(), dir: a.cfg.path("index"), recent: a.recent, hub: a.hub,
		cfg: fulltext.Config{Log: a.slog.With("component", "fulltext"), Metrics: fulltext.NewMetrics(a.metrics), Zone: a.settings.Current().Council.Location()},
		log: a.slog.With("component", "fulltext")}
	empty, err := a.fulltext.open(ctx)
	if err != nil {
		return err
	}
	a.stack.Push("search index", a.fulltext.close)
	if empty { // a lost index, or a restored record
		stats, err := a.store.Stats(ctx)
		a.rebuild = err != nil || stats.Mentions > 0 // a record that is away is asked again by the rebuild
	}
	if a.escalate, err = a.newEscalateStage(); err != nil {
		return err
	}
	if err := a.openUploads(ctx); err != nil {
		return err
	}
	a.openConnectors()
	arch := &archiveStage{client: a.log.Client, decoder: a.decoder, store: a.store, recent: a.recent, uploads: a.uploads}
	a.work(topic.GroupClassify, a.classify.consume)
	consider := &considerStage{client: a.log.Client, judges: a.judges, record: overlay{a.store, a.recent}, gone: &a.escalate.gone,
		log: a.slog.With("component", "consider")}
	a.work(topic.GroupConsider, consider.run)
	a.work(topic.GroupArchive, arch.consume)
	a.work(topic.GroupFulltext, a.fulltext.consume)
	a.work(topic.GroupEscalate, a.escalate.run)
	return nil
}

func (a *App) work(name string, run func(context.Context) error) {
	a.workers[name] = newWorker(name, a.slog, run)
}

// Addr is where the pages are served.
func (a *App) Addr() string { return a.listener.Addr().String() }

// Run serves until ctx ends or something fails that cannot be mended. Everything it started has ended when it returns; call Close then.
func (a *App) Run(ctx context.Context) error {
	srv := a.httpServer()
	g, ctx := errgroup.WithContext(ctx)
	root := func(name string, fn func(context.Context) error) {
		g.Go(func() error {
			if err := fn(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	root("pages", func(ctx context.Context) error { return a.serve(ctx, srv) })
	root("control socket", func(ctx context.Context) error { return control.Serve(ctx, a.cfg.Data, a.Commands()) })
	root("settings", a.settings.Run)
	root("considered classifiers", a.judges.run)
	a.settings.Subscribe(a.takeUp)
	for name, w := range a.workers {
		if name == topic.GroupFulltext {
			root(name, func(ctx context.Context) error { return a.followIndex(ctx, w) })
			continue
		}
		root(name, w.loop)
	}
	root("search index tidying", a.fulltext.tidy)
	root("incidents", a.escalate.follow)
	if a.fleet != nil {
		root("sources", a.fleet.Run)
	}
	root("deletion sweeps", newWorker("sweeps", a.slog, a.sweep).loop)
	root("picture reading", a.uploads.Run)
	root("retention", a.keepRetention)
	root("weekly sample", a.keepSampling)
	root("changes of the settings", a.followSettings)
	root("stage figures", a.watchLag)
	root("heap", keepHeap)
	root("mapped files", a.keepGivingBack)
	if a.cfg.Demo && a.fresh {
		root("sample mentions", a.demo)
	}
	return g.Wait()
}

// takeUp puts new settings into force in every stage that compiles them.
func (a *App) takeUp(c *node.Current) {
	if err := a.judges.use(c); err != nil {
		a.slog.Error("the classifier keeps the settings before", "err", err)
	}
	a.escalate.audit.add(settingsActs(c.Versions))
	if err := a.escalate.use(c); err != nil {
		a.slog.Error("escalation keeps the routes before", "err", err)
	}
}

// followIndex rebuilds the index first where it must, then keeps it with the log.
func (a *App) followIndex(ctx context.Context, w *worker) error {
	if a.rebuild {
		if _, err := a.Rebuild(ctx, func(int64, int64) {}); err != nil && ctx.Err() == nil {
			a.slog.Error("the search index could not be built from the record; it holds only what the log still has", "err", err)
		}
		a.rebuild = false
	}
	a.ready.set("search index")
	return w.loop(ctx)
}

// Close gives back everything New opened, last opened first. A second Close does nothing.
func (a *App) Close(ctx context.Context) error { return a.stack.Close(ctx) }

// httpServer bounds what one slow or hostile client can hold. Uploads and streams set longer deadlines themselves.
func (a *App) httpServer() *http.Server {
	return &http.Server{Handler: a.web.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(a.slog.With("component", "http").Handler(), slog.LevelDebug)}
}

func (a *App) serve(ctx context.Context, srv *http.Server) error {
	stop := context.AfterFunc(ctx, func() {
		a.hub.Close()
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		srv.Shutdown(drain)
	})
	defer stop()
	var err error
	if a.cfg.TLS() {
		err = srv.ServeTLS(a.listener, a.cfg.TLSCert, a.cfg.TLSKey)
	} else {
		err = srv.Serve(a.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// hostLabel keeps what of a host's name may stand in the name of a consumer group.
func hostLabel(host string) string {
	keep := func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}
	host, _, _ = strings.Cut(host, ".")
	return strings.Map(keep, host) + "-"
}

// nodeName reads this node's name, making one the first time: it tells nodes that share a log apart.
func nodeName(path string) (string, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		host, _ := os.Hostname()
		name := hostLabel(host) + rand.Text()[:6]
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return "", err
		}
		return name, os.WriteFile(path, []byte(name+"\n"), 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("read this node's name: %w", err)
	}
	return string(b[:max(0, len(b)-1)]), nil
}
