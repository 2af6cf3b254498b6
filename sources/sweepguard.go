package sources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What a Sweep does not believe at once. Of the posts about a council a few in a hundred are taken back, a tenth of the young ones at most: six deletions that
// make up more than half of a stretch of answers come by chance about once in some thousand questions at that worst rate. Otherwise one person has removed
// everything, or a thread is gone, or the platform is wrong: a permission is lost, its answers have another form, a list came empty. A deletion that waits
// costs six hours, one that is wrong cannot be undone, so the measure is narrow. Where a question is about one mention, the first five of a stretch are
// believed before it can be seen.
const (
	doubtFew     = 5                // as many called deleted never make a stretch
	doubtWindow  = 40               // answers looked back on
	doubtWait    = 6 * time.Hour    // until what is held back is asked about again: longer than most faults and slips, and well within a day
	witnessFor   = 20 * time.Second // for reading a paused source once
	witnessAgain = 15 * time.Minute // until it is tried again
	doubtMost    = 5000             // held back at once; then nothing else is asked, so that memory stays bounded
)

const (
	answerGone  = 'x'
	answerThere = '.'
)

// guard holds back the deletions of a stretch of answers in which far more than the ordinary are called deleted.
type guard struct {
	held  []doubt // oldest first
	ids   map[string]bool
	from  SweepPlace // where the sweep was before the first of them
	why   string
	waits bool // for the source to be read again

	read, tried time.Time // of a paused source: when it was last read as a witness, and when that was last tried
}

// doubt is a mention that was called deleted.
type doubt struct {
	id    string
	since time.Time
}

// withhold remembers what was answered about held and returns what of news is published now: all of it, or where the stretch is doubted what is
// no deletion. It judges answer by answer, so that it finds a stretch inside one question, and holds back all deletions of that question.
func (s *Sweep) withhold(held, news []Mention) []Mention {
	gone := make(map[string]bool, len(news))
	for i := range news {
		if news[i].State == Deleted {
			gone[news[i].ID] = true
		}
	}
	most, of := 0, 0
	for i := range held {
		answer := answerThere
		if gone[held[i].ID] {
			answer = answerGone
		}
		s.place.Recent += string(answer)
		s.place.Recent = s.place.Recent[max(0, len(s.place.Recent)-doubtWindow):]
		if n, k := stretch(s.place.Recent); n > most {
			most, of = n, k
		}
	}
	if most == 0 || len(gone) == 0 {
		return news
	}
	s.guard.add(s.place, held, gone, s.Deps.Time(), fmt.Sprintf("%d of the last %d posts asked about", most, of))
	s.log.Warn("far more than the ordinary are called deleted; held back until they are asked about again", "called_deleted", len(gone), "held_back", len(s.guard.held))
	return slices.DeleteFunc(news, func(m Mention) bool { return m.State == Deleted })
}

// stretch returns the longest run up to the last answer in which too many are called deleted: how many are, and of how many; zero when there is none.
func stretch(recent string) (gone, of int) {
	n := 0
	for k := 1; k <= len(recent); k++ {
		if recent[len(recent)-k] == answerGone {
			n++
		}
		if n > doubtFew && 2*n > k {
			gone, of = n, k
		}
	}
	return gone, of
}

func (g *guard) add(place SweepPlace, held []Mention, gone map[string]bool, now time.Time, share string) {
	if len(g.held) == 0 {
		g.from, g.ids = place, map[string]bool{}
		g.why = share + " were called deleted, far more than usual. The platform may be wrong, for example because a permission is lost, so these deletions are " +
			"held back: each is asked about again after " + spell(doubtWait) + ", and what is still gone then is removed, provided that the source has been read meanwhile. " +
			"This settles by itself."
	}
	for i := range held {
		if id := held[i].ID; gone[id] && !g.ids[id] {
			g.ids[id] = true
			g.held = append(g.held, doubt{id: id, since: now})
		}
	}
}

func (g *guard) full() bool { return len(g.held) >= doubtMost }

// settled forgets the first n, which were asked about again.
func (g *guard) settled(n int) {
	for _, d := range g.held[:n] {
		delete(g.ids, d.id)
	}
	g.held = g.held[n:]
}

// sentence says to the officer what is held back; empty: nothing is.
func (g *guard) sentence() string {
	switch {
	case len(g.held) == 0:
		return ""
	case g.waits:
		return g.why + " At the moment it waits for a reading that succeeds."
	}
	return g.why
}

// rewound is p as a restart is to find it: before what is held back, so that this is asked about, and held back, anew.
func (g *guard) rewound(p SweepPlace) SweepPlace {
	if len(g.held) > 0 {
		p.First, p.Began, p.Place, p.Done = g.from.First, g.from.Began, g.from.Place, g.from.Done
	}
	return p
}

// nextAgain is the next question about what is held back: when its time has come and the source has been read in order since.
func (s *Sweep) nextAgain(ctx context.Context, now time.Time) question {
	g := &s.guard
	q := question{at: now.Add(sweepLook), again: true}
	if g.waits = false; len(g.held) == 0 {
		return q
	}
	if due := g.held[0].since.Add(doubtWait); now.Before(due) {
		q.at = due
		return q
	}
	read := s.lastRead(ctx, now)
	for _, d := range g.held[:min(len(g.held), s.batch())] {
		if now.Sub(d.since) < doubtWait || !read.After(d.since) {
			break
		}
		q.held, q.at = append(q.held, Holding{ID: d.id}), now
	}
	g.waits = len(q.held) == 0
	return q
}

// lastRead is when a reading of the source last succeeded, and zero when it is not read in order.
func (s *Sweep) lastRead(ctx context.Context, now time.Time) time.Time {
	if s.Settings.Paused {
		return s.lookOnce(ctx, now)
	}
	health, err := s.Health.LastHealth(ctx, s.Settings.ID)
	if err != nil {
		s.log.Warn("the health of the source is not known", "err", err)
		return time.Time{}
	}
	if health.State != StateRunning && health.State != StateQuiet {
		return time.Time{}
	}
	return health.LastSuccess
}

// lookOnce reads a paused source, which nobody reads otherwise, where no reading is younger than what is held back longest. It stores nothing.
func (s *Sweep) lookOnce(ctx context.Context, now time.Time) time.Time {
	g := &s.guard
	if g.read.After(g.held[0].since) || now.Sub(g.tried) < witnessAgain {
		return g.read
	}
	g.tried = now
	ctx, cancel := context.WithTimeout(ctx, witnessFor)
	defer cancel()
	if err := s.Read(ctx); err != nil {
		s.log.Warn("the paused source cannot be read, so that what is held back waits", "err", err)
		return g.read
	}
	g.read = s.Deps.Time()
	return g.read
}

// join makes one text of sentences.
func join(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}
