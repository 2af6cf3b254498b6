package settings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

const commented = `# ours
sources:
  # the blog that everybody reads
  - id: blog
    kind: feed # a feed
    options: {url: "https://a.example/feed"}
  - id: second
    kind: feed
    options:
      url: https://b.example/feed
`

func sourcesOf(t *testing.T, file []byte) []Source {
	t.Helper()
	var r report
	list := readSources(file, &r)
	if err := r.err(); err != nil {
		t.Fatalf("the edited file is refused: %v\n%s", err, file)
	}
	return list
}

func TestPutSourceLeavesTheOthersAndTheirComments(t *testing.T) {
	changed := Source{ID: "second", Kind: "feed", Name: "Second: \"the\" one", Paused: true, Every: Duration(15 * time.Minute), Rhythm: Duration(96 * time.Hour),
		AllTerms: true, AllowNet: []string{"10.0.0.0/8"}, Options: map[string]string{"url": "https://c.example/?a=1#b", "flag": "true", "n": "007"}}
	added := Source{ID: "third", Kind: "mastodon"}
	file, err := PutSource([]byte(commented), changed)
	if err == nil {
		file, err = PutSource(file, added)
	}
	if err != nil {
		t.Fatal(err)
	}
	got := sourcesOf(t, file)
	if len(got) != 3 || !reflect.DeepEqual(got[1], changed) || !reflect.DeepEqual(got[2], added) || got[0].Options["url"] != "https://a.example/feed" {
		t.Errorf("the file now says %+v", got)
	}
	for _, comment := range []string{"# ours", "# the blog that everybody reads", "# a feed"} {
		if !strings.Contains(string(file), comment) {
			t.Errorf("%q is lost:\n%s", comment, file)
		}
	}
	if file, err = DropSource(file, "blog"); err != nil {
		t.Fatal(err)
	}
	if got := sourcesOf(t, file); len(got) != 2 || got[0].ID != "second" {
		t.Errorf("after the first was dropped: %+v", got)
	}
	if _, err := DropSource(file, "blog"); !errors.Is(err, ErrNoSource) {
		t.Errorf("dropping it twice: %v", err)
	}
}

func TestPutSourceIntoAFileWithoutSources(t *testing.T) {
	for _, file := range []string{"", "# nothing yet\n", "sources:\n", "sources: []\n", "\ufeffsources: []"} {
		got, err := PutSource([]byte(file), Source{ID: "a", Kind: "feed"})
		if err != nil {
			t.Errorf("%q: %v", file, err)
			continue
		}
		if list := sourcesOf(t, got); len(list) != 1 || list[0].ID != "a" || strings.Contains(string(got), "[") {
			t.Errorf("%q became %q", file, got)
		}
	}
	if _, err := PutSource([]byte("- a\n"), Source{ID: "a"}); err == nil {
		t.Error("a list was taken for the file of sources")
	}
}
