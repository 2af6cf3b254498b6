package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"earshot/casework"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/index"
	"earshot/sources"
	"earshot/sources/topic"
	"earshot/sources/upload"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// openPages listens and builds the pages over everything else.
func (a *App) openPages(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", a.cfg.Listen, err)
	}
	a.stack.Push("listener", func(context.Context) error {
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	a.listener = ln
	public := a.cfg.publicURL(ln.Addr().String())
	a.escalate.cfg.PublicURL = public
	a.web, err = web.New(web.Config{
		Search:     a.fulltext,
		Record:     overlay{a.store, a.recent},
		Acts:       acts{journal{a.log.Client}, a.recent, a.escalate.ledger, &a.escalate.book},
		HandIn:     handIn{a.log.Client},
		Incidents:  a.escalate.ledger,
		Acks:       a.escalate.cfg.Signer,
		Reports:    reports{a.uploads},
		Audit:      &a.escalate.audit,
		Learning:   a.learning(),
		Table:      table{a.log.Settings},
		Stream:     a.hub,
		Hooks:      a.hooks,
		Health:     a.sourceHealth,
		Notices:    a.notices,
		Sources:    sourceDesk{a, new(sync.Mutex)},
		Settings:   a.webSettings,
		Import:     a.importFile,
		Verdicts:   a.store.Verdicts,
		Draft:      a.draft,
		Status:     a.status,
		Metrics:    promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{}),
		Ready:      a.ready.check,
		Log:        a.slog.With("component", "web"),
		Registerer: a.metrics,
		PublicURL:  a.cfg.PublicURL,
		SecretKey:  a.secret,
		Version:    a.cfg.Version,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.cfg.Out, "Earshot %s listens on %s\n", a.cfg.Version, public)
	link, needed, err := a.web.Accounts.FirstAdminLink(ctx, public)
	if err != nil {
		return fmt.Errorf("make the first administrator's link: %w", err)
	}
	if needed {
		fmt.Fprintf(a.cfg.Out, "\nNobody can sign in yet. Open this link once to make the first account:\n  %s\n\n", link)
	}
	return nil
}

// logPatience is how long somebody outside waits for the log; a connector waits as long as it takes.
const logPatience = 10 * time.Second

// prompt is the log for those who wait for an answer: it gives up after logPatience.
type prompt struct{ client *topic.Client }

// PublishMentions returns nil once the log holds every mention.
func (p prompt) PublishMentions(ctx context.Context, ms []sources.Mention) error {
	ctx, cancel := context.WithTimeout(ctx, logPatience)
	defer cancel()
	return p.client.PublishMentions(ctx, ms)
}

// handIn takes mentions from outside in their normal form.
type handIn struct{ client *topic.Client }

// PublishMentions brings mentions to their normal form and returns once the log holds them.
func (h handIn) PublishMentions(ctx context.Context, ms []sources.Mention) error {
	now := time.Now()
	for i := range ms {
		sources.Normalise(&ms[i], now)
	}
	err := prompt(h).PublishMentions(ctx, ms)
	if err == nil || errors.Is(err, sources.ErrBadMention) || errors.Is(err, topic.ErrTooLarge) {
		return err
	}
	why := "The log cannot take mentions at the moment. Send them again shortly."
	if errors.Is(err, topic.ErrDiskFull) {
		why = "The disk of the log is nearly full. Send them again once there is room."
	}
	return errors.Join(&web.Busy{Why: why}, err)
}

// table is a compacted topic as the pages' key-value store.
type table struct{ t *topic.Table }

// Get returns the value of key.
func (t table) Get(key string) ([]byte, bool) {
	e, ok := t.t.Get(key)
	return e.Value, ok
}

// All returns every entry whose key begins with prefix.
func (t table) All(prefix string) map[string][]byte {
	out := map[string][]byte{}
	for _, e := range t.t.All(prefix) {
		out[e.Key] = e.Value
	}
	return out
}

// Put stores a value; the next Get shows it.
func (t table) Put(ctx context.Context, key string, value []byte) error {
	_, err := t.t.Put(ctx, key, value)
	return err
}

// Delete removes a key.
func (t table) Delete(ctx context.Context, key string) error { return t.t.Delete(ctx, key) }

// openUploads opens the blob store and, where Tesseract is installed, the reading of pictures.
func (a *App) openUploads(ctx context.Context) error {
	bucket, err := upload.OpenBucket(ctx, a.cfg.BlobURL.Reveal(), a.cfg.path("blobs"))
	if err != nil {
		return err
	}
	a.stack.Push("blobs", func(context.Context) error { return bucket.Close() })
	a.bucket = bucket
	cfg := upload.Config{Bucket: bucket, Publisher: prompt{a.log.Client}, Key: a.secret, Log: a.slog.With("component", "upload"), Metrics: upload.NewMetrics(a.metrics)}
	if reader, err := upload.FindTesseract(ctx); err == nil {
		cfg.Reader = reader
	} else {
		a.noReader = err
		a.slog.Warn("pictures are kept and shown, but their text is not read", "err", err)
	}
	a.uploads, err = upload.New(cfg)
	return err
}

// reports shows the upload store to the pages.
type reports struct{ store *upload.Store }

// Limits says what Submit accepts.
func (reports) Limits() web.ReportLimits {
	return web.ReportLimits{Files: upload.MaxFiles, FileBytes: upload.MaxFileBytes, Types: []string{"PNG", "JPEG", "WebP"}, Pixels: upload.MaxPixels / 1e6}
}

// Submit stores a report safely.
func (r reports) Submit(ctx context.Context, f web.ReportForm) (web.Receipt, error) {
	in := upload.Report{URL: f.URL, Note: f.Note, Relation: f.Relation, Contact: f.Contact, Account: f.Account, Key: f.Key}
	for _, file := range f.Files {
		in.Files = append(in.Files, upload.File{Name: file.Name, Size: file.Size, Open: file.Open})
	}
	rec, err := r.store.Receive(ctx, in)
	if refusals := upload.Refusals(err); len(refusals) > 0 {
		bad := &web.BadReport{File: -1, Field: refusals[0].Field}
		for _, x := range refusals {
			bad.Why += " " + x.Sentence
		}
		bad.Why = bad.Why[1:]
		return web.Receipt{}, bad
	}
	if err != nil {
		return web.Receipt{}, errors.Join(&web.Busy{Why: "The report could not be stored. Nothing you typed is lost; send it again in a minute."}, err)
	}
	return web.Receipt{Reference: rec.Reference, Secret: rec.Secret, Mention: rec.MentionID()}, nil
}

// Status returns what the holder of a report's secret may know.
func (r reports) Status(ctx context.Context, reference, secret string) (web.ReportStatus, error) {
	rec, err := r.store.Status(ctx, reference, secret)
	if errors.Is(err, upload.ErrNoReport) {
		return web.ReportStatus{}, web.ErrBadLink
	}
	return web.ReportStatus{Reference: rec.Reference, Received: rec.At, Pictures: len(rec.Pictures), Mention: rec.MentionID()}, err
}

// Picture opens a picture as it is shown.
func (r reports) Picture(ctx context.Context, blob string) (io.ReadCloser, string, error) {
	rc, typ, err := r.store.Shown(ctx, blob)
	if errors.Is(err, upload.ErrNoBlob) {
		err = index.ErrNotFound
	}
	return rc, typ, err
}

func (a *App) webSettings() web.Settings {
	c := a.settings.Current()
	return web.Settings{Folder: *c.Folder, Zone: c.Council.Location(), Versions: c.Versions}
}

// importFile stores one settings file that an administrator uploaded.
func (a *App) importFile(ctx context.Context, by casework.Actor, name string, content []byte) error {
	_, err := a.settings.Import(ctx, map[string][]byte{name: content}, by.ID, "uploaded on the settings page")
	return err
}

// draft is the text an officer may copy for a case: that of the newest incident of comms that holds it.
func (a *App) draft(_ context.Context, v casework.Viewer, r index.Record) (web.Draft, error) {
	list := a.escalate.ledger.Of(v, r.Mention.ID)
	for _, i := range slices.Backward(list) {
		if i.Audience == escalate.AudienceComms {
			d := a.escalate.table.Load().Draft(i, &r.Tagged)
			return web.Draft{Text: d.Text, Blanks: d.Blanks}, nil
		}
	}
	return web.Draft{}, nil
}
