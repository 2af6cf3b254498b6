package escalate

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/casework"
)

// NoticeMail is one mail about sources to one recipient, as it was planned: it says the same after a restart, under the same Message-ID.
type NoticeMail struct {
	Key   string       `json:"key"` // the local part of its Message-ID
	To    string       `json:"to"`
	Well  bool         `json:"well,omitzero"` // it says that they are well again
	Lines []NoticeLine `json:"lines"`
}

// NoticeLine is one source of a mail.
type NoticeLine struct {
	Source   string    `json:"source"`
	Raised   time.Time `json:"raised"` // of the notice, which names it
	Name     string    `json:"name"`
	Headline string    `json:"headline"`
	Sentence string    `json:"sentence,omitzero"`
	Step     string    `json:"step,omitzero"`
	Since    time.Time `json:"since"`
}

func lineOf(n *Notice) NoticeLine {
	return NoticeLine{Source: n.Source, Raised: n.Raised, Name: n.Name, Headline: n.Headline(), Sentence: n.Sentence, Step: n.Step(), Since: n.Since}
}

// plan writes the mails that are due into the book: first which sources are well again, to those who were told of the trouble, then one about
// all new trouble, once the first of it has been gathering for a while.
func (b *NoticeBook) plan(to []string, now time.Time) (changed bool) {
	well := map[string][]NoticeLine{}
	for i := range b.Notices {
		n := &b.Notices[i]
		if !n.over(now) {
			continue
		}
		b.unsay(n.Source, n.Raised)
		for _, address := range n.Told {
			well[address] = append(well[address], lineOf(n))
		}
		n.clear()
		changed = true
	}
	var due []NoticeLine
	ripe := false
	for i := range b.Notices {
		n := &b.Notices[i]
		if n.Raised.IsZero() || n.Mailed || !n.Well.IsZero() || now.Sub(n.LastMail) < noticeAgain {
			continue
		}
		due = append(due, lineOf(n))
		ripe = ripe || now.Sub(n.Raised) >= noticeGather
	}
	for _, address := range to {
		if lines := well[address]; len(lines) > 0 {
			b.add(address, true, lines)
		}
		if ripe {
			b.add(address, false, due)
		}
	}
	if !ripe || len(to) == 0 {
		return changed
	}
	for _, l := range due {
		n := b.notice(l.Source)
		n.Mailed, n.LastMail = true, now
	}
	return true
}

func (b *NoticeBook) add(to string, well bool, lines []NoticeLine) {
	parts := []string{"notice", strings.ToLower(to), fmt.Sprint(well)}
	for _, l := range lines {
		parts = append(parts, l.Source, l.Raised.UTC().Format(time.RFC3339Nano))
	}
	b.Mails = append(b.Mails, NoticeMail{Key: casework.DerivedID(parts...), To: to, Well: well, Lines: slices.Clone(lines)})
}

func (b *NoticeBook) notice(source string) *Notice {
	i := slices.IndexFunc(b.Notices, func(n Notice) bool { return n.Source == source })
	if i < 0 {
		return nil
	}
	return &b.Notices[i]
}

// unsay takes a notice out of mails about trouble that have not left.
func (b *NoticeBook) unsay(source string, raised time.Time) {
	for i := range b.Mails {
		m := &b.Mails[i]
		if !m.Well {
			m.Lines = slices.DeleteFunc(m.Lines, func(l NoticeLine) bool { return l.Source == source && l.Raised.Equal(raised) })
		}
	}
	b.Mails = slices.DeleteFunc(b.Mails, func(m NoticeMail) bool { return len(m.Lines) == 0 })
}

// resume takes back that a source is well again from those who have not yet been told so: for them this trouble is the one before.
func (b *NoticeBook) resume(n *Notice) {
	for i := range b.Mails {
		m := &b.Mails[i]
		if !m.Well {
			continue
		}
		lines := len(m.Lines)
		m.Lines = slices.DeleteFunc(m.Lines, func(l NoticeLine) bool { return l.Source == n.Source })
		if len(m.Lines) < lines {
			n.Told, n.Mailed = append(n.Told, m.To), true
		}
	}
	b.Mails = slices.DeleteFunc(b.Mails, func(m NoticeMail) bool { return len(m.Lines) == 0 })
}

// sent takes a mail out of the book, and remembers of each notice in it who was told. A mail that the server will never take told nobody.
func (b *NoticeBook) sent(m NoticeMail, accepted bool) {
	b.Mails = slices.DeleteFunc(b.Mails, func(x NoticeMail) bool { return x.Key == m.Key })
	if m.Well || !accepted {
		return
	}
	for _, l := range m.Lines {
		if n := b.notice(l.Source); n != nil && n.Raised.Equal(l.Raised) && !slices.Contains(n.Told, m.To) {
			n.Told = append(n.Told, m.To)
		}
	}
}

// SourceMail is what the templates source.txt and source.html show.
type SourceMail struct {
	Council, Subject, Headline string
	Well, Urgent               bool // Urgent is for the shared head; a notice never is
	Lines                      []SourceMailLine
	Sources                    string // URL of the list
}

// SourceMailLine is one source of a mail.
type SourceMailLine struct{ Name, Headline, Sentence, Step, Since, Link string }

// composeNotice renders m.
func composeNotice(t *Table, m NoticeMail, publicURL string, now time.Time) (Notification, error) {
	base := strings.TrimSuffix(publicURL, "/")
	n := Notification{From: t.from(), To: m.To, Date: now, Headers: map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}}
	domain := domainOf(n.From)
	n.MessageID = messageID(m.Key, domain)
	n.Headers["List-Id"] = listID(t, "sources", domain)
	n.Headers["X-Earshot-Sources"] = fmt.Sprint(len(m.Lines))
	page := SourceMail{Council: t.council.Name, Well: m.Well, Sources: base + "/sources"}
	for _, l := range m.Lines {
		page.Lines = append(page.Lines, SourceMailLine{Name: oneLine(l.Name, 80), Headline: l.Headline, Sentence: oneLine(l.Sentence, 400), Step: l.Step,
			Since: l.Since.In(t.calendar.Location()).Format("Mon 2 Jan 2006 15:04"), Link: base + "/sources/" + url.PathEscape(l.Source)})
	}
	first := page.Lines[0]
	switch more := len(page.Lines) - 1; {
	case m.Well && more == 0:
		page.Headline = first.Name + " is well again"
	case m.Well:
		page.Headline = fmt.Sprintf("%d sources are well again", more+1)
	case more == 0:
		page.Headline = first.Name + ": " + first.Headline
	default:
		page.Headline = fmt.Sprintf("%d sources need a look", more+1)
	}
	page.Subject = oneLine("Sources · "+page.Headline, subjectRunes)
	n.Subject = page.Subject
	return n, render("source", page, &n)
}
