package mediawiki

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"earshot/sources"
)

// answer is what MediaWiki says to any question (formatversion 2).
type answer struct {
	Error struct {
		Code string `json:"code"`
	} `json:"error"`
	Continue map[string]string `json:"continue"`
	Query    struct {
		Changes []change `json:"recentchanges"`
		Watched []change `json:"watchlist"`
		Pages   []struct {
			Page      int64      `json:"pageid"`
			Space     int        `json:"ns"`
			Title     string     `json:"title"`
			Revisions []revision `json:"revisions"`
		} `json:"pages"`
		Missing map[string]struct{} `json:"badrevids"`
	} `json:"query"`
}

// revisions are those of all pages, each with its page's name.
func (a *answer) revisions() (out []revision) {
	for _, p := range a.Query.Pages {
		for _, v := range p.Revisions {
			v.Title, v.Page, v.Space = p.Title, p.Page, p.Space
			out = append(out, v)
		}
	}
	return out
}

// change is one edit of a page.
type change struct {
	Revision int64     `json:"revid"`
	Before   int64     `json:"old_revid"` // 0: the page is new
	Page     int64     `json:"pageid"`
	Space    int       `json:"ns"` // odd: a talk page
	Title    string    `json:"title"`
	User     string    `json:"user"`
	Anon     bool      `json:"anon"` // the user is an IP address
	Temp     bool      `json:"temp"` // or a temporary account
	Comment  string    `json:"comment"`
	At       time.Time `json:"timestamp"`
}

// revision is what a page said after one edit.
type revision struct {
	change
	Parent     int64 `json:"parentid"`
	TextGone   bool  `json:"sha1hidden"`
	UserGone   bool  `json:"userhidden"`
	ReasonGone bool  `json:"commenthidden"`
	Slots      struct {
		Main struct {
			Content string `json:"content"`
			Gone    bool   `json:"texthidden"`
		} `json:"main"`
	} `json:"slots"`
}

func (v *revision) hidden() bool {
	return v.TextGone || v.Slots.Main.Gone || v.UserGone || v.ReasonGone
}

func (x *reader) id(revision int64) string {
	return x.prefix + "rev/" + strconv.FormatInt(revision, 10)
}

// mention makes a mention of a change, by what the page said before and says now.
func (x *reader) mention(c *change, before, now string) sources.Mention {
	number := strconv.FormatInt(c.Revision, 10)
	index := *x.api
	index.Path, index.RawQuery = strings.TrimSuffix(index.Path, "api.php")+"index.php", "diff="+number
	m := sources.Mention{ID: x.id(c.Revision), Platform: platform, Kind: sources.Article, Visibility: "public", Title: c.Title, CreatedAt: c.At,
		Permalink: index.String(), ThreadID: x.prefix + "page/" + strconv.FormatInt(c.Page, 10)}
	if c.Space%2 == 1 {
		m.Kind = sources.Comment
	}
	if !c.Anon && !c.Temp {
		m.Author.Handle = c.User
	}
	m.TextRaw = plain(strings.TrimSpace(c.Comment + "\n\n" + added(before, now)))
	return m
}

// added returns the lines of now that before has not.
func added(before, now string) string {
	had := map[string]int{}
	for line := range strings.Lines(before) {
		had[strings.TrimSpace(line)]++
	}
	var out []string
	for line := range strings.Lines(now) {
		line = strings.TrimSpace(line)
		if had[line]--; had[line] < 0 {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

var (
	quotes = strings.NewReplacer("'''''", "", "'''", "", "''", "")
	links  = regexp.MustCompile(`\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]`)
)

// plain takes bold, italics and links within the wiki out of wikitext; HTML is left for Normalise.
func plain(s string) string {
	if strings.Contains(s, "''") {
		s = quotes.Replace(s)
	}
	if strings.Contains(s, "[[") {
		s = links.ReplaceAllString(s, "$1")
	}
	return s
}
