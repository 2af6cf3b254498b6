package app

import (
	"fmt"
	"testing"
	"time"

	"earshot/casework"
)

func TestAuditPagesThroughWhatAViewerMaySee(t *testing.T) {
	var a audit
	for i := range auditMost + 100 {
		e := casework.Event{ID: fmt.Sprint(i), Type: casework.Noted, By: casework.Actor{Kind: "person", ID: "p"}}
		if i%10 == 3 {
			e.Wall = casework.HRWall
		}
		a.add([]casework.Event{e, e, {ID: fmt.Sprint("s", i), By: casework.Actor{Kind: "system"}}})
	}
	for role, want := range map[casework.Role]int{casework.HR: auditMost, casework.Comms: auditMost * 9 / 10} {
		seen, cursor, last := 0, "", auditMost+100
		for {
			acts, next, err := a.Acts(t.Context(), casework.Viewer{Role: role}, cursor, 300)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range acts {
				var n int
				fmt.Sscan(e.ID, &n)
				if n >= last || (e.Wall != "" && role != casework.HR) {
					t.Fatalf("%s sees act %d of %q after %d", role, n, e.Wall, last)
				}
				last = n
			}
			seen += len(acts)
			if cursor = next; next == "" {
				break
			}
		}
		if seen != want {
			t.Errorf("%s sees %d acts, want %d", role, seen, want)
		}
	}
	if acts, _, err := a.Acts(t.Context(), casework.Viewer{Role: casework.HR}, "x", 10); err != nil || len(acts) != 10 {
		t.Errorf("a forged cursor gives %d acts, %v; want the newest ten", len(acts), err)
	}
}

func TestAuditListsByTimeWhateverComesFirst(t *testing.T) {
	var a audit
	at := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	for _, n := range []int{2, 0, 3, 1} {
		a.add([]casework.Event{{ID: fmt.Sprint(n), At: at.Add(time.Duration(n) * time.Hour), By: casework.Actor{Kind: "person", ID: "p"}}})
	}
	acts, _, err := a.Acts(t.Context(), casework.Viewer{Role: casework.Admin}, "", 10)
	if err != nil || len(acts) != 4 {
		t.Fatalf("%d acts, %v", len(acts), err)
	}
	for i, e := range acts {
		if e.ID != fmt.Sprint(3-i) {
			t.Errorf("act %d is %s", i, e.ID)
		}
	}
}
