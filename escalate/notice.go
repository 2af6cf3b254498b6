package escalate

import (
	"slices"
	"strings"
	"time"

	"earshot/sources"
)

// Trouble is what a Notice is about.
type Trouble string

// The troubles of a source that comms is told of.
const (
	TroubleQuiet      Trouble = "quiet"      // silent for longer than its rhythm
	TroubleStopped    Trouble = "stopped"    // a dead key, a lost permission: a person must act
	TroubleQuota      Trouble = "quota"      // the platform lets it wait
	TroubleAnswer     Trouble = "answer"     // the platform answers in another form
	TroubleFailing    Trouble = "failing"    // it cannot be reached
	TroubleUnreported Trouble = "unreported" // nobody says how it is: the program that reads the sources is away
)

// Troubles lists all of them.
var Troubles = []Trouble{TroubleStopped, TroubleUnreported, TroubleAnswer, TroubleQuota, TroubleFailing, TroubleQuiet}

// How long a trouble must last before a notice is raised, how long a source must be well before it is cleared, and how long no further
// mail about the same source leaves: however a source flaps, it causes two mails a day at most.
const (
	noticeSoon   = 10 * time.Minute // stopped, quiet (its rhythm has passed already), and a wait that the platform itself set for over noticeWait
	noticeWait   = time.Hour        // waiting, and answers that are not understood
	noticeFail   = 6 * time.Hour    // a platform that cannot be reached mostly comes back by itself
	noticeSilent = 15 * time.Minute // since a source last reported how it is, which it does every minute
	noticeBack   = 5 * time.Minute  // for the first reports after everything was stopped for a while
	noticeCalm   = 30 * time.Minute
	noticeAgain  = 24 * time.Hour
	noticeGather = 5 * time.Minute // troubles that begin together are told in one mail
)

// Notice is one source's trouble, or the memory of it. It is raised once Raised is set, and is then shown and told.
type Notice struct {
	Source   string    `json:"source"`
	Name     string    `json:"name"`
	Trouble  Trouble   `json:"trouble,omitzero"`
	Sentence string    `json:"sentence,omitzero"` // what the source itself says
	Since    time.Time `json:"since,omitzero"`    // when the trouble was first seen; zero: none
	Raised   time.Time `json:"raised,omitzero"`   // zero: it has not lasted long enough
	Well     time.Time `json:"well,omitzero"`     // since when the source is well again; zero: it is not
	Told     []string  `json:"told,omitempty"`    // who has had a mail about it
	Mailed   bool      `json:"mailed,omitzero"`   // a mail was planned
	LastMail time.Time `json:"last_mail,omitzero"`
}

// Headline says in a few words what is wrong.
func (n *Notice) Headline() string {
	return map[Trouble]string{TroubleQuiet: "has been silent for longer than usual", TroubleStopped: "has stopped until somebody acts", TroubleQuota: "must wait: its quota is spent",
		TroubleAnswer: "answers in a form that is not understood", TroubleFailing: "cannot be read", TroubleUnreported: "is not being read"}[n.Trouble]
}

// Step says how the trouble is mended.
func (n *Notice) Step() string {
	return map[Trouble]string{
		TroubleQuiet:      "Look whether the platform shows new posts, and whether the source's settings and watch terms still fit. If it is always this quiet, make its normal silence longer.",
		TroubleStopped:    "Ask an administrator to open the source, enter the key or correct what the sentence names, and test it. It goes on when it is saved.",
		TroubleQuota:      "It goes on by itself when the platform allows it; nothing is lost. If this comes often, let it ask less often, or ask the platform for more.",
		TroubleAnswer:     "The platform may have changed. Ask the IT service whether there is a newer version of Earshot, and report it. What was posted meanwhile is read once it is understood.",
		TroubleFailing:    "Open the platform in a browser. If it works there, ask the IT service why this machine does not reach it; it goes on by itself.",
		TroubleUnreported: "Ask the IT service whether the program ingest runs; it reads the sources.",
	}[n.Trouble]
}

// diagnose says what is wrong with a source, how long that must last before it is told, and whether the source is well; of a source
// that is starting, or waits for a moment, it says neither.
func diagnose(h *sources.Health, now time.Time) (t Trouble, hold time.Duration, well bool) {
	switch {
	case h.State == sources.StatePaused, h.State == sources.StateStopped && h.Cause == sources.CauseDone:
		return "", 0, true
	case h.State == sources.StateStopped: // it says so once and reports no more
		return TroubleStopped, noticeSoon, false
	case now.Sub(h.At) > noticeSilent:
		return TroubleUnreported, noticeBack, false
	}
	switch h.State {
	case sources.StateRunning:
		return "", 0, true
	case sources.StateQuiet:
		return TroubleQuiet, noticeSoon, false
	case sources.StateWaiting:
		if h.NextTry.Sub(now) > noticeWait {
			return TroubleQuota, noticeSoon, false
		}
		return TroubleQuota, noticeWait, false
	case sources.StateFailing:
		switch h.Cause {
		case sources.CauseAnswer:
			return TroubleAnswer, noticeWait, false
		case sources.CauseStore: // the log is away; that is told elsewhere and no fault of the source
			return "", 0, false
		}
		return TroubleFailing, noticeFail, false
	}
	return "", 0, false
}

// see takes in how the source is now, and reports whether anything changed.
func (n *Notice) see(h *sources.Health, now time.Time) bool {
	before := *n
	t, hold, well := diagnose(h, now)
	switch {
	case well && n.Raised.IsZero():
		n.clear()
	case well && n.Well.IsZero():
		n.Well = now
	case t != "":
		if n.Raised.IsZero() && n.Trouble != t {
			n.Since = now
		}
		n.Trouble, n.Sentence, n.Well = t, h.Sentence, time.Time{}
		if n.Raised.IsZero() && now.Sub(n.Since) >= hold {
			n.Raised = now
		}
	}
	n.Name = h.Name
	if before.Trouble == t && t == TroubleQuiet {
		n.Sentence = before.Sentence // it counts the days; the first is as good, and need not be stored every minute
	}
	return n.Source != before.Source || n.Name != before.Name || n.Trouble != before.Trouble || n.Sentence != before.Sentence ||
		!n.Since.Equal(before.Since) || !n.Raised.Equal(before.Raised) || !n.Well.Equal(before.Well)
}

// over reports whether a raised notice is to be cleared.
func (n *Notice) over(now time.Time) bool {
	return !n.Raised.IsZero() && !n.Well.IsZero() && now.Sub(n.Well) >= noticeCalm
}

// clear forgets the trouble; when the last mail left is remembered.
func (n *Notice) clear() {
	*n = Notice{Source: n.Source, Name: n.Name, LastMail: n.LastMail}
}

// idle reports whether there is nothing to remember of it.
func (n *Notice) idle(now time.Time) bool {
	return n.Since.IsZero() && n.Raised.IsZero() && now.Sub(n.LastMail) >= noticeAgain
}

// NoticeBook is all notices with the mails about them that have not left: one value, stored whole, so that a mail is planned and its notices
// marked in one step.
type NoticeBook struct {
	Notices []Notice     `json:"notices,omitempty"` // by source
	Mails   []NoticeMail `json:"mails,omitempty"`   // in the order of planning
}

// Raised returns the notices that are to be shown, gravest first.
func (b *NoticeBook) Raised() []Notice {
	out := slices.DeleteFunc(slices.Clone(b.Notices), func(n Notice) bool { return n.Raised.IsZero() })
	slices.SortStableFunc(out, func(x, y Notice) int { return slices.Index(Troubles, x.Trouble) - slices.Index(Troubles, y.Trouble) })
	return out
}

// observe brings the book up to how the sources are now. Notices of sources that are gone or paused are cleared without a word.
func (b *NoticeBook) observe(health []sources.Health, now time.Time) (changed bool) {
	at := map[string]int{}
	for i := range b.Notices {
		at[b.Notices[i].Source] = i
	}
	here := map[string]bool{}
	for i := range health {
		h := &health[i]
		if h.State == sources.StatePaused {
			continue
		}
		here[h.Source] = true
		k, known := at[h.Source]
		if !known {
			n := Notice{Source: h.Source, Name: h.Name}
			if n.see(h, now); !n.Since.IsZero() {
				b.Notices = append(b.Notices, n)
				changed = true
			}
			continue
		}
		n, was := &b.Notices[k], b.Notices[k].Raised
		changed = n.see(h, now) || changed
		if was.IsZero() && !n.Raised.IsZero() {
			b.resume(n)
		}
	}
	for i := range b.Notices {
		if n := &b.Notices[i]; !here[n.Source] && !n.Since.IsZero() {
			b.unsay(n.Source, n.Raised)
			n.clear()
			changed = true
		}
	}
	kept := len(b.Notices)
	b.Notices = slices.DeleteFunc(b.Notices, func(n Notice) bool { return n.idle(now) })
	slices.SortFunc(b.Notices, func(x, y Notice) int { return strings.Compare(x.Source, y.Source) })
	return changed || len(b.Notices) != kept
}
