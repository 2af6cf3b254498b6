package sources

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/settings"
)

func TestListOption(t *testing.T) {
	if got := ListOption(" a, b,,a\n c "); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
	if got := TagsOption("#Mill Lane, bins,  # ,bins, #bins"); !slices.Equal(got, []string{"Mill Lane", "bins"}) {
		t.Errorf("got %q", got)
	}
	if got := PartsOption("1:0 https://a.example/?b=1,2; 2 ;; 2", ";"); !slices.Equal(got, []string{"1:0 https://a.example/?b=1,2", "2"}) {
		t.Errorf("got %q", got)
	}
}

func TestOptionsThatAreGood(t *testing.T) {
	o := OptionsOf(settings.Source{Options: map[string]string{"server": " https://a.example/forum/ ", "query": " pot holes ", "n": "007", "mode": "poll", "tags": "#a", "ids": "1 2",
		"places": "1,2; 3,4"}}, "a source")
	if u := o.Site("server", "its address"); u.String() != "https://a.example/forum" {
		t.Errorf("the site is %s", u)
	}
	got := append([]string{o.Need("query", "words"), o.Text("none"), o.Number("n", "a number"), o.Choice("mode", "stream", "poll"), o.Choice("none", "stream", "poll")}, o.Tags("tags", "")...)
	got = append(append(got, o.List("ids", "")...), o.Parts("places", "")...)
	if want := []string{"pot holes", "", "007", "poll", "stream", "a", "1", "2", "1,2", "3,4"}; !slices.Equal(got, want) || o.Err() != nil {
		t.Errorf("got %q, %v", got, o.Err())
	}
}

func TestOptionsNameEveryFault(t *testing.T) {
	o := OptionsOf(settings.Source{Options: map[string]string{"server": "ftp://a.example", "n": "@name", "mode": "push"}}, "a Lemmy source")
	if u := o.Site("server", "its address"); u == nil || u.Host != "" {
		t.Errorf("the site is %v", u)
	}
	o.Need("query", "the words to search for")
	o.Number("n", "the number of the page")
	o.Tags("tags", "such as exampleford")
	o.Choice("mode", "poll", "chat", "stream")
	o.Fault("and %d more", 1)
	want := `a Lemmy source needs the option server, its address
a Lemmy source needs the option query, the words to search for
a Lemmy source needs the option n, the number of the page
a Lemmy source needs the option tags, such as exampleford
mode is "push"; write poll, chat or stream
and 1 more`
	if err := o.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestAddress(t *testing.T) {
	base, _ := WebAddress("https://a.example/forum")
	if got := Address(base, url.Values{"q": {"a b"}}, "api", "v3"); got != "https://a.example/forum/api/v3?q=a+b" || base.RawQuery != "" {
		t.Errorf("got %s of %s", got, base)
	}
	if got := Address(base, nil, "posts.json"); strings.Contains(got, "?") {
		t.Errorf("got %s", got)
	}
}

func TestEvery(t *testing.T) {
	if Every(settings.Source{}, time.Hour) != time.Hour || Every(settings.Source{Every: settings.Duration(time.Minute)}, time.Hour) != time.Minute {
		t.Error("the settings come before what is usual, and only where they say something")
	}
}

func TestAccounts(t *testing.T) {
	own := AccountsOption("@ExamplefordDC, 190@N01")
	for name, want := range map[string]bool{"examplefordDC": true, "@examplefordDC": true, "190@N01": true, "190": false, "": false, "jo": false} {
		if own.Has("someone", name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
	m := Mention{Author: Author{ID: "7", Handle: "examplefordDC"}}
	if !own.Wrote(&m) || (Accounts{""}).Wrote(&Mention{}) || Accounts(nil).Wrote(&m) {
		t.Error("who wrote it is mistaken")
	}
}
