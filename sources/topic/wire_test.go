package topic

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"earshot/sources"

	"github.com/go-json-experiment/json/jsontext"
)

func TestMentionSurvivesTheWire(t *testing.T) {
	m := mention(1)
	m.Unknown = jsontext.Value(`{"from_a_newer_program":{"a":[1,2]}}`)
	m.Author.Unknown = jsontext.Value(`{"pronouns":"they"}`)
	rec, err := EncodeMention(&m)
	if err != nil {
		t.Fatal(err)
	}
	if string(rec.Key) != m.ID || rec.Topic != Mentions {
		t.Errorf("key %q on %s", rec.Key, rec.Topic)
	}
	if wire, _ := rec.Header(HeaderWire); wire != "mention/1" {
		t.Errorf("wire header %q; older programs read mention/1", wire)
	}
	got, err := DecodeMention(rec)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EncodeMention(&got)
	if err != nil || string(again.Value) != string(rec.Value) {
		t.Errorf("after a round trip\n%s\nwas\n%s", again.Value, rec.Value)
	}
	for _, member := range []string{"from_a_newer_program", "pronouns"} {
		if !strings.Contains(string(again.Value), member) {
			t.Errorf("the unknown member %s is gone", member)
		}
	}
}

func TestDecodeNamesTheCause(t *testing.T) {
	for name, p := range poisons(t) {
		t.Run(name, func(t *testing.T) {
			_, err := DecodeMention(p.rec)
			if !errors.Is(err, ErrPoison) || CauseOf(err) != p.cause {
				t.Fatalf("got %v (%s), want %s", err, CauseOf(err), p.cause)
			}
		})
	}
	long := Record{Value: []byte(`"` + strings.Repeat("a", MaxValueBytes) + `"`), Headers: []Header{{HeaderWire, []byte("event/1")}}}
	if _, err := Decode[string](long, KindEvent); CauseOf(err) != CauseTooLarge {
		t.Errorf("a value over the limit: %v", err)
	}
}

func TestDecodeErrorsRepeatNoContent(t *testing.T) {
	const secret = "Grete"
	for _, r := range []Record{
		{Value: []byte(`{"` + secret + `":`), Headers: []Header{{HeaderWire, []byte("mention/1")}}},
		{Value: []byte(`{"text":{"` + secret + `":1}}`), Headers: []Header{{HeaderWire, []byte("mention/1")}}},
		{Value: []byte(`{"id":"` + secret + `"}`), Headers: []Header{{HeaderWire, []byte("mention/1")}}},
		{Value: []byte(`1`), Headers: []Header{{HeaderWire, []byte("<" + secret + ">")}}},
	} {
		_, err := DecodeMention(r)
		if err == nil {
			t.Errorf("%s was read", r.Value)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("the error repeats content: %v", err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		kind Kind
		key  string
		v    any
		want error
	}{
		{"an unknown kind", "gossip", "k", 1, nil},
		{"no key", KindEvent, "", 1, nil},
		{"what is not JSON", KindEvent, "k", func() {}, nil},
		{"what is too large", KindEvent, "k", strings.Repeat("a", MaxValueBytes), ErrTooLarge},
	} {
		_, err := Encode(Casework, c.kind, c.key, c.v)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	bad := sources.Mention{ID: "x:1", Platform: "x"}
	if _, err := EncodeMention(&bad); !errors.Is(err, sources.ErrBadMention) {
		t.Errorf("a mention without text: %v", err)
	}
}

func TestPartitionOfIsKafkasOwn(t *testing.T) {
	// Values of org.apache.kafka.common.utils.Utils.murmur2, made positive, modulo 12.
	for key, hash := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536, "abc": 479470107} {
		if got, want := partitionOf([]byte(key), 12), int(hash&0x7fffffff)%12; got != want {
			t.Errorf("%q goes to %d, Kafka's own producer sends it to %d", key, got, want)
		}
	}
}

func TestRetryIsToldFromOtherErrors(t *testing.T) {
	base := errors.New("x")
	if Retry(nil) != nil || !isRetry(fmt.Errorf("y: %w", Retry(base))) || isRetry(base) || !errors.Is(Retry(base), base) {
		t.Error("Retry does not do what it says")
	}
}

func TestCausesAreAllListed(t *testing.T) {
	for name, p := range poisons(t) {
		if !slices.Contains(Causes, p.cause) {
			t.Errorf("%s: cause %s is not in Causes", name, p.cause)
		}
	}
}

// FuzzDecode: whatever lies on the log, Decode answers with a mention that can be written again or with a poison error.
func FuzzDecode(f *testing.F) {
	f.Add("mention/1", []byte(`{"id":"x:1","platform":"x","text":"t","created_at":"2026-05-04T03:02:01Z"}`), "x:1")
	f.Add("mention/2", []byte(`{}`), "")
	f.Add("", []byte("\xff"), "k")
	f.Add("mention/1", []byte(`{"id":"x:1","platform":"x","state":"deleted","at":"2026-05-04T03:02:01Z","media":[{"expires":"9999-12-31T23:59:59Z"}],"z":1e400}`), "x:1")
	f.Fuzz(func(t *testing.T, wire string, value []byte, key string) {
		rec := Record{Topic: Mentions, Key: []byte(key), Value: value, Headers: []Header{{HeaderWire, []byte(wire)}}}
		m, err := DecodeMention(rec)
		if err != nil {
			if !errors.Is(err, ErrPoison) || !slices.Contains(Causes, CauseOf(err)) {
				t.Fatalf("%v is no poison error with a known cause", err)
			}
			d, ok := deadOf(letterOf(GroupClassify, rec, err))
			if !ok || d.Cause != CauseOf(err) || string(d.Record.Value) != string(value) {
				t.Fatalf("dead letter %+v", d)
			}
			return
		}
		again, err := EncodeMention(&m)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			t.Fatalf("read, but cannot be written: %v", err)
		}
		if err == nil && string(again.Key) != key {
			t.Fatalf("key %q became %q", key, again.Key)
		}
	})
}
