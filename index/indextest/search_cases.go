package indextest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
	"earshot/sources"
)

var searcher = casework.Viewer{Role: casework.Comms, Account: "o1"}

// simple returns a mention with these words, created minutes before SearchNow.
func simple(id, text string, minutes int) classify.Tagged {
	platform, _, _ := strings.Cut(id, ":")
	return classify.Tagged{Mention: sources.Mention{ID: id, Platform: platform, Kind: sources.Post, Text: text, Lang: "en",
		CreatedAt: SearchNow.Add(-time.Duration(minutes) * time.Minute)}}
}

// SearchCase says which of its texts a query finds, by their numbers.
type SearchCase struct {
	Query string
	Texts []string
	Want  []int
}

// SearchCases are what the analyser and the language must get right.
var SearchCases = []SearchCase{
	{"bins", []string{"My bin was missed", "the BINS", "binary", "the council's binned it"}, []int{0, 1, 3}},
	{"collecting", []string{"collected late", "no collection", "They collect on Monday"}, []int{0, 2}},
	{"parking", []string{"parking fines", "the park", "parked cars"}, []int{0}},
	{"council", []string{"The council's fault", "COUNCIL’S", "councillors"}, []int{0, 1}},
	{"don't", []string{"I dont care", "I don’t care", "do not"}, []int{0, 1}},
	{"cafe", []string{"a café", "CAFÉ!", "cafeteria"}, []int{0, 1}},
	{`"missed collection"`, []string{"missed collection again", "missed my collection", "a collection missed", "missed, collection"}, []int{0, 3}},
	{`"bin late"~2`, []string{"the bin was very late", "late again, my bin", "bin is so very very late"}, []int{0, 1}},
	{`"bin bin"~3`, []string{"one bin", "a bin and a bin"}, []int{1}},
	{"bin -late", []string{"bin late", "bin early"}, []int{1}},
	{"col*", []string{"colour", "recollect", "the COLLEGE"}, []int{0, 2}},
	{"collectio*", []string{"collections", "collect"}, []int{0}},
	{"fly OR rats", []string{"fly tipping", "rats!", "flies"}, []int{0, 1, 2}},
	{"(fly OR rats) bin", []string{"fly bin", "rats", "a bin with rats"}, []int{0, 2}},
	{"binday", []string{"it is #BinDay", "binday!", "bin day"}, []int{0, 1}},
	{"day", []string{"it is #BinDay", "#binday"}, []int{0}},
	{"#binday", []string{"it is #BinDay", "binday!", "#BINDAY"}, []int{0, 2}},
	{"@westgate", []string{"thanks @Westgate", "in Westgate", "@westgate.example.org", "@westgate@social.example"}, []int{0, 3}},
	{"westgate", []string{"thanks @Westgate", "in Westgate"}, []int{0, 1}},
	{"😡", []string{"again 😡😡", "again 😀"}, []int{0}},
	{"👍", []string{"great 👍🏽", "great 👎"}, []int{0}},
	{"£12.50", []string{"it costs £12.50 now", "12.50", "£12"}, []int{0}},
	{"12.50", []string{"it costs £12.50 now", "12.50 p.m.", "1250"}, []int{0, 1}},
	{"£1200", []string{"£1,200 fine", "£1200", "£120"}, []int{0, 1}},
	{"5%", []string{"up 5%", "up 5 points", "5.5%"}, []int{0}},
	{`"AB1 2CD"`, []string{"at AB1 2CD.", "at ab12cd", "AB1 3CD"}, []int{0, 1}},
	{"AB12CD", []string{"at AB1 2CD.", "at ab12cd", "AB1 3CD"}, []int{0, 1}},
	{"ab1", []string{"at AB1 2CD.", "at ab12cd", "AB2 3CD"}, []int{0, 1}},
	{"reuse", []string{"the re-use shop", "reuse", "re use"}, []int{0, 1}},
	{"re-use", []string{"the re-use shop", "reuse", "re use"}, []int{0, 1, 2}},
	{`"our reuse shop"`, []string{"our reuse shop", "our re use shop"}, []int{0}},
	{`"our re-use shop"`, []string{"our reuse shop", "our re use shop", "our re-use shop"}, []int{0, 1, 2}},
	{"道路", []string{"この道路は", "路道"}, []int{0}},
	{"10:30", []string{"at 10:30 sharp", "30:10"}, []int{0}},
	{`"the bin"`, []string{"the\nbin", "the (bin)", "bin the"}, []int{0, 1}},
}

// searchCases puts the texts of each case into an index of its own.
func searchCases(t *testing.T, zone *time.Location, open func(t *testing.T) Engine) {
	e := open(t)
	var batch []index.Change
	for i, c := range SearchCases {
		for k, text := range c.Texts {
			m := simple(fmt.Sprintf("case:%d/%d", i, k), text, k)
			m.Mention.Source = fmt.Sprint("case", i)
			batch = append(batch, index.Change{Tagged: &m})
		}
	}
	if err := e.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for i, c := range SearchCases {
		q, err := index.ParseQuery(c.Query+fmt.Sprint(" source:case", i), SearchNow, zone)
		if err != nil {
			t.Errorf("%s: %v", c.Query, err)
			continue
		}
		res, err := e.Search(t.Context(), index.Request{Query: q, Viewer: searcher, Limit: 50})
		if err != nil {
			t.Errorf("%s: %v", c.Query, err)
			continue
		}
		var want []string
		for _, k := range c.Want {
			want = append(want, fmt.Sprintf("case:%d/%d", i, k))
		}
		if got := sortedIDs(res.Hits); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v of %q", c.Query, got, want, c.Texts)
		}
	}
}

// pagesHoldStill: what comes while somebody leafs through pages is neither shown twice nor lets anything be left out.
func pagesHoldStill(t *testing.T, e Engine) {
	add := func(from, to int, minute func(i int) int) {
		var batch []index.Change
		for i := from; i < to; i++ {
			m := simple(fmt.Sprintf("p:%03d", i), "bin", minute(i))
			batch = append(batch, index.Change{Tagged: &m})
		}
		if err := e.Apply(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	add(0, 50, func(i int) int { return 10 * i })
	r := index.Request{Viewer: searcher, Limit: 10}
	seen := map[string]int{}
	for page := 0; ; page++ {
		res, err := e.Search(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range res.Hits {
			seen[h.ID]++
		}
		if res.Next == "" {
			break
		}
		r.Cursor = res.Next
		add(100+10*page, 110+10*page, func(i int) int { return -i }) // newer than everything
	}
	for i := range 50 {
		if id := fmt.Sprintf("p:%03d", i); seen[id] != 1 {
			t.Errorf("%s was shown %d times", id, seen[id])
		}
	}
}

// oneView: every answer comes from the state between two changes. Each change adds a pair of mentions or takes one away.
func oneView(t *testing.T, e Engine) {
	const pairs = 120
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		defer stop()
		for i := range pairs {
			a, b := simple(fmt.Sprintf("v:%da", i), "bin left", i), simple(fmt.Sprintf("w:%db", i), "bin right", i*1000)
			if err := e.Apply(t.Context(), []index.Change{{Tagged: &a}, {Tagged: &b}}); err != nil {
				t.Error(err)
				return
			}
			if i%10 == 9 {
				ids := []index.Change{{Remove: a.Mention.ID}, {Remove: b.Mention.ID}}
				if err := e.Apply(t.Context(), ids); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	answers := 0
	for ctx.Err() == nil {
		q, err := index.ParseQuery("bin", SearchNow, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		res, err := e.Search(t.Context(), index.Request{Query: q, Viewer: searcher, Limit: index.MaxLimit, Facets: true})
		if err != nil {
			t.Fatal(err)
		}
		left := count(res.Facets["platform"], "v")
		if right := count(res.Facets["platform"], "w"); left != right || left+right != res.Total || len(res.Hits) != res.Total {
			t.Fatalf("an answer shows half a change: %d left, %d right, total %d, %d hits", left, right, res.Total, len(res.Hits))
		}
		answers++
	}
	wg.Wait()
	if answers == 0 {
		t.Fatal("nothing was asked while changes went on")
	}
}

func count(cs []index.Count, value string) int {
	for _, c := range cs {
		if c.Value == value {
			return c.Count
		}
	}
	return 0
}

func faultyRequests(t *testing.T, e Engine) {
	for i := range 3 {
		m := simple(fmt.Sprint("f:", i), "bin", i)
		if err := e.Apply(t.Context(), []index.Change{{Tagged: &m}}); err != nil {
			t.Fatal(err)
		}
	}
	newest, err := e.Search(t.Context(), index.Request{Viewer: searcher, Limit: 1})
	if err != nil || newest.Next == "" {
		t.Fatalf("no second page: %v", err)
	}
	for name, r := range map[string]index.Request{
		"a cursor that is none":             {Viewer: searcher, Limit: 1, Cursor: "bm9uZQ"},
		"a cursor with a letter changed":    {Viewer: searcher, Limit: 1, Cursor: "A" + newest.Next[1:]},
		"a cursor of another order":         {Viewer: searcher, Limit: 1, Sort: index.Oldest, Cursor: newest.Next},
		"a cursor of another order, scores": {Viewer: searcher, Limit: 1, Sort: index.Best, Cursor: newest.Next},
	} {
		if _, err := e.Search(t.Context(), r); !errors.Is(err, index.ErrBadCursor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, r := range map[string]index.Request{
		"a limit that is too large": {Viewer: searcher, Limit: index.MaxLimit + 1},
		"a negative limit":          {Viewer: searcher, Limit: -1},
		"an unknown order":          {Viewer: searcher, Sort: "loudest"},
	} {
		if _, err := e.Search(t.Context(), r); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if res, err := e.Search(t.Context(), index.Request{Viewer: searcher}); err != nil || res.Total != 3 || len(res.Hits) != 0 {
		t.Errorf("limit 0 counts only: total %d, %d hits, %v", res.Total, len(res.Hits), err)
	}
	if res, err := e.Search(t.Context(), index.Request{Limit: 10}); err != nil || res.Total != 0 {
		t.Errorf("somebody without a role finds %d: %v", res.Total, err)
	}
}
