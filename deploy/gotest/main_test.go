package main

import (
	"bytes"
	"strings"
	"testing"
)

const stream = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: quiet\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestK","Output":"    a_test.go:9: needs a real Kafka: set EARSHOT_TEST_KAFKA\n"}
{"Action":"output","Package":"p","Test":"TestK","Output":"--- SKIP: TestK (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestK"}
{"Action":"output","Package":"p","Test":"TestC","Output":"    a_test.go:9: needs Chromium: install it\n"}
{"Action":"skip","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
{"Action":"build-output","ImportPath":"q","Output":"q.go:1: broken\n"}
{"Action":"output","Package":"r","Test":"TestB","Output":"    b_test.go:4: loud\n"}
{"Action":"fail","Package":"r","Test":"TestB"}
{"Action":"output","Package":"r","Output":"FAIL\tr\t0.2s\n"}
{"Action":"fail","Package":"r"}
`

func TestReport(t *testing.T) {
	var out, log bytes.Buffer
	r := newReport(&out, &log)
	if err := r.read(strings.NewReader(stream)); err != nil {
		t.Fatal(err)
	}
	if want := "ok  \tp\t0.1s\nq.go:1: broken\n    b_test.go:4: loud\nFAIL\tr\t0.2s\n"; out.String() != want {
		t.Errorf("printed:\n%s\nwant:\n%s", out.String(), want)
	}
	if !strings.Contains(log.String(), "quiet") {
		t.Error("the log lacks what was not printed")
	}
	if len(r.skips) != 2 || r.skips[1] != (skip{"p", "TestC", "needs Chromium: install it"}) {
		t.Errorf("skips = %+v", r.skips)
	}
	for _, tt := range []struct {
		all, strict bool
		want        int
	}{{false, false, 0}, {true, false, 2}, {false, true, 1}} {
		if got := r.unwanted(tt.all, tt.strict); got != tt.want {
			t.Errorf("unwanted(%v, %v) = %d, want %d", tt.all, tt.strict, got, tt.want)
		}
	}
	if r.passed != 1 || r.failed != 1 {
		t.Errorf("%d passed, %d failed", r.passed, r.failed)
	}
}
