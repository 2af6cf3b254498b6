package sources

import (
	"maps"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestLooseIDsAndNumbers(t *testing.T) {
	for in, want := range map[string]ID{`"7a"`: "7a", `12345678901234567`: "12345678901234567", `null`: "", `""`: ""} {
		got := ID("before")
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s is %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]Int{`7`: 7, `"7"`: 7, `-1`: -1, `null`: 0, `""`: 0} {
		got := Int(3)
		if err := json.Unmarshal([]byte(in), &got); err != nil || got != want {
			t.Errorf("%s is %d, %v", in, got, err)
		}
	}
	if json.Unmarshal([]byte(`{"a":1}`), new(ID)) == nil || json.Unmarshal([]byte(`"seven"`), new(Int)) == nil {
		t.Error("what is neither is taken")
	}
}

func TestMoment(t *testing.T) {
	for in, want := range map[string]string{
		`1795162530`: "2026-11-20T08:15:30Z", `"1795162530"`: "2026-11-20T08:15:30Z", `1795162530.5`: "2026-11-20T08:15:30.5Z", `1.79516253e9`: "2026-11-20T08:15:30Z",
		`"2026-11-20T08:15:30Z"`: "2026-11-20T08:15:30Z", `"2026-11-20T08:15:30.123"`: "2026-11-20T08:15:30.123Z", `"2026-11-20T09:15:30+01:00"`: "2026-11-20T08:15:30Z",
		`"2026-11-20T08:15:30+0000"`: "2026-11-20T08:15:30Z", `"2026-11-20T09:15:30+0100"`: "2026-11-20T08:15:30Z",
		`null`: "", `false`: "", `""`: "",
	} {
		got := Moment{time.Now()}
		if err := json.Unmarshal([]byte(in), &got); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if want == "" {
			if !got.IsZero() {
				t.Errorf("%s is %v", in, got)
			}
		} else if text := got.Format(time.RFC3339Nano); text != want {
			t.Errorf("%s is %s, want %s", in, text, want)
		}
	}
	for _, in := range []string{`"today"`, `{}`, `1e300`, `"NaN"`} {
		if json.Unmarshal([]byte(in), new(Moment)) == nil {
			t.Errorf("%s is taken for a time", in)
		}
	}
}

func TestCounts(t *testing.T) {
	zero, two := int64(0), int64(2)
	got := Counts{Likes: &two, Views: &zero}.Engagement()
	if !maps.Equal(got, map[string]int64{"likes": 2, "views": 0}) {
		t.Errorf("got %v", got)
	}
	if got := (Counts{&two, &two, &two, &two, &two, &two}).Engagement(); len(got) != 6 || got["rating"] != 2 || got["quotes"] != 2 || got["shares"] != 2 {
		t.Errorf("got %v", got)
	}
}
