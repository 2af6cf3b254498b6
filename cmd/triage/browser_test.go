package main

import (
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"earshot/cmd/triage/web/webtest"
)

var (
	welcomeLink = regexp.MustCompile(`http://\S+/welcome/\S+`)
	ackLink     = regexp.MustCompile(`/ack/[A-Za-z0-9_-]+`)
)

// TestTheRealPagesInABrowser starts the program on the sample council, makes the first administrator by the printed link, and walks its
// pages in Chromium on a desktop and a phone, with and without scripts; axe must find nothing.
func TestTheRealPagesInABrowser(t *testing.T) {
	s := newSystem(t, t.TempDir())
	s.start()
	link := welcomeLink.FindString(s.Log.String())
	cookies := webtest.Welcome(t, link, "first@marrowby.example", "First Administrator", "a long enough passphrase")
	webtest.Browse(t, "http://"+s.Addr, cookies,
		webtest.Stop{Name: "real-settings", Path: "/settings", Status: 200},
		webtest.Stop{Name: "real-sources", Path: "/sources", Status: 200},
		webtest.Stop{Name: "real-people", Path: "/settings/people", Status: 200})

	comms := webtest.Invite(t, "http://"+s.Addr, cookies, "officer@marrowby.example", "Comms Officer", "comms", "another long passphrase")
	var id string
	s.Until("a mail is written and its case is found", 2*time.Minute, func() error {
		if n, err := s.Total(""); err != nil || n < 40 {
			return fmt.Errorf("%d mentions, %v", n, err)
		}
		var r struct {
			Hits []struct{ Mention struct{ ID string } }
		}
		if err := s.Get("/api/v1/mentions?limit=1&q="+url.QueryEscape("tag:complaint is:new"), &r); err != nil || len(r.Hits) == 0 {
			return fmt.Errorf("no open complaint, %v", err)
		}
		id = r.Hits[0].Mention.ID
		if mails, _ := filepath.Glob(filepath.Join(s.data, "mail", "*.eml")); len(mails) == 0 {
			return errors.New("no mail")
		}
		return nil
	})
	webtest.Browse(t, "http://"+s.Addr, comms,
		webtest.Stop{Name: "real-today", Path: "/", Status: 200},
		webtest.Stop{Name: "real-search", Path: "/search?q=bins", Status: 200},
		webtest.Stop{Name: "real-search-mistake", Path: "/search?q=" + url.QueryEscape(`"bins`), Status: 400},
		webtest.Stop{Name: "real-case", Path: "/cases/" + url.PathEscape(id), Status: 200},
		webtest.Stop{Name: "real-incidents", Path: "/incidents", Status: 200},
		webtest.Stop{Name: "real-numbers", Path: "/numbers", Status: 200},
		webtest.Stop{Name: "real-report", Path: "/report", Status: 200},
		webtest.Stop{Name: "real-help", Path: "/help", Status: 200},
		webtest.Stop{Name: "real-ack", Path: mailedAckLink(t, s), Status: 200})
}

// mailedAckLink reads the acknowledge link of the first mail in the spool.
func mailedAckLink(t *testing.T, s *system) string {
	t.Helper()
	mails, err := filepath.Glob(filepath.Join(s.data, "mail", "*.eml"))
	if err != nil || len(mails) == 0 {
		t.Fatalf("no mail: %v", err)
	}
	f, err := os.Open(mails[0])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	link := ackLink.FindString(string(body))
	if link == "" {
		t.Fatal("the mail has no acknowledge link")
	}
	return link
}
