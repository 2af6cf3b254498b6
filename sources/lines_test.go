package sources

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestReadLines(t *testing.T) {
	good := `{"id":"x:%d","platform":"x","text":"a","created_at":"2026-11-20T08:00:00Z"}`
	in := "\xEF\xBB\xBF" + fmt.Sprintf(good, 1) + "\r\n\n" + "{oops\n" + strings.Repeat("z", 2<<20) + "\n" + fmt.Sprintf(good, 5) + "\n" +
		`{"id":"x:6","platform":"x","text":"a","created_at":"9999-01-01T00:00:00Z"}` + "\n" + "{\"id\":\"x:\xff\"}\n" + fmt.Sprintf(good, 8)
	var ids, bad []string
	err := ReadLines(strings.NewReader(in), func(line int, m Mention, fault *LineError) error {
		if fault != nil {
			if fault.Line != line {
				t.Errorf("line %d says %d", line, fault.Line)
			}
			bad = append(bad, fault.Error())
			return nil
		}
		ids = append(ids, fmt.Sprint(line, m.ID))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids, " "); got != "1x:1 5x:5 8x:8" {
		t.Errorf("read %s", got)
	}
	want := []string{"line 3: not a mention: the JSON is broken", "line 4: it is 2097152 bytes long", "line 6: not a mention: created_at is in the year 9999",
		"line 7: not a mention: it is not valid UTF-8"}
	if len(bad) != len(want) {
		t.Fatalf("bad %q", bad)
	}
	for i := range want {
		if !strings.HasPrefix(bad[i], want[i]) {
			t.Errorf("%q, want %q", bad[i], want[i])
		}
	}
}

func TestReadLinesReturnsItsCallersError(t *testing.T) {
	stop := errors.New("stop")
	n := 0
	err := ReadLines(strings.NewReader("{}\n{}\n"), func(int, Mention, *LineError) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%v after %d", err, n)
	}
}

func FuzzReadLines(f *testing.F) {
	f.Add("{}\n\n{\"id\":1}\r\nx")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		_ = ReadLines(strings.NewReader(s), func(line int, m Mention, bad *LineError) error {
			if line <= last || bad == nil && m.Validate() != nil {
				t.Errorf("line %d after %d, %v", line, last, bad)
			}
			last = line
			return nil
		})
	})
}
