package file

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/sources"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func write(t *testing.T, name, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func readAll(t *testing.T, path string, o Options) ([]sources.Mention, []sources.LineError) {
	t.Helper()
	o.Now = now
	r, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var ms []sources.Mention
	var bad []sources.LineError
	for {
		m, b, err := r.Read(t.Context(), 3)
		ms, bad = append(ms, m...), append(bad, b...)
		if err == io.EOF {
			return ms, bad
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(m)+len(b) == 0 {
			t.Fatal("Read returned nothing")
		}
	}
}

const own1 = `{"id":"facebook:1","platform":"facebook","text":"Bins","created_at":"2026-11-20T08:00:00Z","shade":"blue","author":{"name":"Jo","crest":7}}`

func TestOwnForm(t *testing.T) {
	ms, bad := readAll(t, write(t, "m.jsonl", "\xEF\xBB\xBF"+own1+"\n\n{broken\n"+`{"id":"facebook:2","platform":"facebook","created_at":"2026-11-20T08:00:00Z"}`+"\n"+
		strings.Replace(own1, "Bins", "B\xffns", 1)+"\n"+strings.Replace(own1, "facebook:1", "facebook:9", 1)), Options{})
	if len(ms) != 2 || ms[0].ID != "facebook:1" || ms[1].ID != "facebook:9" {
		t.Fatalf("read %+v", ms)
	}
	if string(ms[0].Unknown) != `{"shade":"blue"}` || string(ms[0].Author.Unknown) != `{"crest":7}` {
		t.Errorf("unknown members became %s and %s", ms[0].Unknown, ms[0].Author.Unknown)
	}
	if len(bad) != 3 || bad[0].Line != 3 || bad[1].Line != 4 || bad[2].Line != 5 {
		t.Fatalf("bad lines %+v, want 3, 4 and 5", bad)
	}
}

func TestForeignJSONTwiceGivesTheSameIDs(t *testing.T) {
	line := `{"src":"x","id":22631081115127808,"text":"@FC_HELP can I return?","split":"open","lang":"xx","user":{"name":"Jo"},"labels":{"complaint":0}}`
	noID := `{"text":"no id here","n":1.50}`
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprintln(w, line+"\n"+noID+"\n"+`{"id":"3","message":"no text"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := write(t, "open.jsonl.gz", z.String())
	o := Options{Map: map[string]string{"text": "text", "author.name": "user.name"}, Platform: "x"}
	a, bad := readAll(t, path, o)
	b, _ := readAll(t, path, o)
	if len(a) != 2 || len(bad) != 1 || bad[0].Line != 3 {
		t.Fatalf("%d mentions, bad %v", len(a), bad)
	}
	if a[0].ID != "x:22631081115127808" || a[0].Author.Name != "Jo" || !a[0].CreatedAt.Equal(now) {
		t.Errorf("first is %+v", a[0])
	}
	if !strings.HasPrefix(a[1].ID, "x:sha-") || a[1].ID != b[1].ID {
		t.Errorf("made-up ids %s and %s", a[1].ID, b[1].ID)
	}
	if got := string(a[0].Unknown); got != `{"src":"x","split":"open","labels":{"complaint":0}}` {
		t.Errorf("kept %s", got)
	}
}

func TestCSV(t *testing.T) {
	const excel = "\xEF\xBB\xBFPost ID;Date;Author;Message;Permalink;Likes\r\n" +
		"1000000000000000001;20/11/2026 08:15;Jo Resident;\"Thank you, \"\"fixed\"\"\r\nat last\";https://www.example.org/1;4\r\n" +
		"2;yesterday;Jo;Hello;;1\r\n" +
		"3;25/10/2026 01:30;Jo;clocks;;1\r\n" +
		"4;20/11/2026;Jo;a;b;c;d;e\r\n" +
		"5;20/11/2026;Jo;caf\xe9;;\r\n"
	ms, bad := readAll(t, write(t, "e.csv", excel), Options{Platform: "facebook",
		Map: map[string]string{"id": "Post ID", "created_at": "Date", "author.name": "Author", "text": "Message", "permalink": "Permalink"}})
	if len(ms) != 3 || len(bad) != 2 || bad[0].Line != 4 || bad[1].Line != 6 {
		t.Fatalf("%d mentions, bad %+v", len(ms), bad)
	}
	m := ms[0]
	if m.ID != "facebook:1000000000000000001" || m.Text != "Thank you, \"fixed\"\nat last" || m.Author.Name != "Jo Resident" || string(m.Unknown) != `{"Likes":"4"}` {
		t.Errorf("first row is %+v %q", m, m.Text)
	}
	if want := time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC); !m.CreatedAt.Equal(want) {
		t.Errorf("date is %v", m.CreatedAt)
	}
	if want := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC); !ms[1].CreatedAt.Equal(want) {
		t.Errorf("an hour that comes twice is %v, want the first, %v", ms[1].CreatedAt, want)
	}
	if ms[2].Text != "café" || ms[2].CreatedPrecision != "day" {
		t.Errorf("Windows-1252 row is %q %s", ms[2].Text, ms[2].CreatedPrecision)
	}
}

func TestAnUnclosedQuoteCostsOneMegabyteNotTheFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,text\n1,\"open\n")
	for i := range 40_000 {
		fmt.Fprintf(&b, "%d,some words that fill the row up nicely\n", i+10)
	}
	ms, bad := readAll(t, write(t, "q.csv", b.String()), Options{Platform: "x"})
	if len(bad) != 1 || bad[0].Line != 2 {
		t.Fatalf("bad lines %v", bad)
	}
	if len(ms) < 10_000 || ms[len(ms)-1].ID != "x:40009" {
		t.Errorf("%d rows after it were read", len(ms))
	}
}

func TestALineOfTwoMegabytesIsPassedOver(t *testing.T) {
	long := `{"id":"x:1","platform":"x","created_at":"2026-11-20T08:00:00Z","text":"` + strings.Repeat("a", 2<<20) + `"}`
	ms, bad := readAll(t, write(t, "l.jsonl", own1+"\n"+long+"\n"+strings.Replace(own1, ":1", ":3", 1)+"\n"), Options{})
	if len(ms) != 2 || len(bad) != 1 || bad[0].Line != 2 || !strings.Contains(bad[0].Err, "more than the 1048576 allowed") {
		t.Fatalf("%d mentions, bad %v", len(ms), bad)
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		o    Options
		want string
	}{
		"missing":  {filepath.Join(t.TempDir(), "none.jsonl"), Options{}, "there is no file"},
		"folder":   {t.TempDir(), Options{}, "is a folder"},
		"xlsx":     {write(t, "a.xlsx", "PK\x03\x04zzz"), Options{}, "save it as CSV"},
		"list":     {write(t, "a.json", `[{"id":1}]`), Options{}, "one object a line"},
		"utf-16":   {write(t, "a.csv", "\xFF\xFEi\x00d\x00"), Options{}, "UTF-16"},
		"column":   {write(t, "b.csv", "id,text\n1,a\n"), Options{Platform: "x", Map: map[string]string{"text": "Message"}}, "no column"},
		"platform": {write(t, "c.csv", "id,text\n1,a\n"), Options{Map: map[string]string{"text": "text"}}, "--platform"},
		"bad gzip": {write(t, "d.gz", "\x1f\x8bnonsense"), Options{}, "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Open(c.path, c.o)
			if err == nil {
				r.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
}

func TestStandardInputAndProgress(t *testing.T) {
	var told int64
	var b strings.Builder
	for i := range 1000 {
		b.WriteString(strings.Replace(own1, ":1", fmt.Sprintf(":%d", i), 1) + "\n")
	}
	ms, _ := readAll(t, "-", Options{Stdin: strings.NewReader(b.String()), Progress: func(_, lines int64) { told = lines }})
	if len(ms) != 1000 || told != 1000 {
		t.Errorf("%d mentions, progress ended at %d", len(ms), told)
	}
}

func TestACutGzipIsAnErrorNotAnEnd(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	for i := range 2000 {
		fmt.Fprintln(w, strings.Replace(own1, ":1", fmt.Sprintf(":%d", i*7919), 1))
	}
	w.Close()
	r, err := Open(write(t, "cut.jsonl.gz", z.String()[:z.Len()/2]), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for err == nil {
		_, _, err = r.Read(t.Context(), 100)
	}
	if err == io.EOF {
		t.Error("half a file passed for a whole one")
	}
}

func TestParseMap(t *testing.T) {
	m, err := ParseMap("text=Message, id=Post ID,author=Name")
	if err != nil || m["id"] != "Post ID" || m["author.handle"] != "Name" {
		t.Errorf("%v %v", m, err)
	}
	for _, bad := range []string{"text", "shoe=a", "text=a,text=b", "id="} {
		if _, err := ParseMap(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("id,text\n1,\"a\n\"\n", true)
	f.Add(own1+"\n", false)
	f.Add("{\"id\":1,\"text\":null,\"author\":{\"x\":[]}}\n", true)
	f.Fuzz(func(t *testing.T, s string, foreign bool) {
		o := Options{Stdin: strings.NewReader(s), Now: now}
		if foreign {
			o.Platform, o.Map = "x", map[string]string{"text": "text"}
		}
		r, err := Open("-", o)
		if err != nil {
			return
		}
		defer r.Close()
		for {
			ms, _, err := r.Read(t.Context(), 10)
			for _, m := range ms {
				if err := m.Validate(); err != nil {
					t.Errorf("an invalid mention: %v", err)
				}
			}
			if err != nil {
				return
			}
		}
	})
}

// A zone's short name is the council's own, or UTC's, or none that can be read: time itself would take every other for UTC.
func TestShortNamesOfZones(t *testing.T) {
	for date, want := range map[string]string{
		"2026-07-01 10:00:00 BST": "2026-07-01T09:00:00Z", "2026-12-01 10:00:00 GMT": "2026-12-01T10:00:00Z", "2026-07-01 10:00:00 UTC": "2026-07-01T10:00:00Z",
		"Wed, 01 Jul 2026 10:00:00 BST": "2026-07-01T09:00:00Z", "Wed, 01 Jul 2026 10:00:00 GMT": "2026-07-01T10:00:00Z",
		"2026-07-01 10:00:00 -0400": "2026-07-01T14:00:00Z", "2026-07-01T10:00:00+01:00": "2026-07-01T09:00:00Z", "2026-07-01 10:00:00 EDT": "",
	} {
		ms, bad := readAll(t, write(t, "a.csv", "text,created_at\nwords,\""+date+"\"\n"), Options{Platform: "x", Map: map[string]string{"text": "text", "created_at": "created_at"}})
		switch {
		case want == "" && len(bad) != 1, want != "" && len(ms) != 1:
			t.Errorf("%s: %d mentions, bad %+v", date, len(ms), bad)
		case want != "" && ms[0].CreatedAt.Format(time.RFC3339) != want:
			t.Errorf("%s is %v, want %s", date, ms[0].CreatedAt, want)
		}
	}
}
