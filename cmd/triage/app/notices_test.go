package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/escalate"
)

// A mail about a source that was planned before a restart leaves after it, once, from the node that leads.
func TestAPlannedNoticeLeavesAfterARestart(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	folder := t.TempDir()
	council := "name: Westmere\nquiet_hours: send\ninboxes: {publicity: [news@westmere.example], from: earshot@westmere.example}\n"
	sources := "sources:\n  - {id: voices, kind: feed, name: Town Voices, options: {url: \"https://voices.example/feed\"}}\n"
	for name, content := range map[string]string{"council.yaml": council, "sources.yaml": sources} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := Config{Version: "test", Log: slog.New(slog.DiscardHandler)}
	cfg.Data, cfg.Listen, cfg.Settings = t.TempDir(), "127.0.0.1:0", folder
	a, err := New(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	raised := time.Now().Add(-time.Hour).UTC()
	if err := (noticeStore{a.log.Cursors}).Save(ctx, escalate.NoticeBook{
		Notices: []escalate.Notice{{Source: "voices", Name: "Town Voices", Trouble: escalate.TroubleStopped, Since: raised, Raised: raised, Mailed: true, LastMail: raised}},
		Mails: []escalate.NoticeMail{{Key: "abc", To: "news@westmere.example",
			Lines: []escalate.NoticeLine{{Source: "voices", Raised: raised, Name: "Town Voices", Headline: "has stopped", Since: raised}}}},
	}); err != nil {
		t.Fatal(err)
	}
	if shown := a.notices(); len(shown) != 1 || shown[0].Source != "voices" {
		t.Errorf("pages show %+v", shown)
	}
	runCtx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Run(runCtx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var book escalate.NoticeBook
	for len(book.Notices) == 0 || len(book.Notices[0].Told) == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("the mail did not leave; the book holds %+v", book)
		}
		if book, err = (noticeStore{a.log.Cursors}).Load(ctx); err != nil {
			t.Fatal(err)
		}
	}
	mails, err := filepath.Glob(filepath.Join(cfg.Data, "mail", "*.eml"))
	if err != nil || len(mails) != 1 || len(book.Mails) != 0 {
		t.Fatalf("%d mails are in the folder, %d wait (%v)", len(mails), len(book.Mails), err)
	}
	if b, err := os.ReadFile(mails[0]); err != nil || !strings.Contains(string(b), "Town Voices") {
		t.Errorf("the mail says %s (%v)", b, err)
	}
}
