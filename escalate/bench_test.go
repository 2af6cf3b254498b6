package escalate_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"
	"earshot/escalate/escalatetest"
)

// BenchmarkHandleTagged hands verdicts in by batches of 500, as the stage does: none ask for anybody, or each opens an incident of its own,
// written to state.db and appended to a log in memory.
func BenchmarkHandleTagged(b *testing.B) {
	for name, tags := range map[string][]string{"nothing": nil, "every one a complaint": {"complaint"}} {
		b.Run(name, func(b *testing.B) {
			d, err := escalate.Open(escalate.Config{Dir: b.TempDir(), Table: compile(b, nil), Ledger: escalate.NewLedger(), Notifier: &escalatetest.Mailbox{},
				Journal: &escalatetest.Log{}, PublicURL: "https://e.example", Signer: escalate.NewSigner(nil)})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			batch := make([]classify.Tagged, 500)
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch {
					n++
					batch[i] = tagged(fmt.Sprint(n), fmt.Sprint(n), "my bin was missed again", tags...)
				}
				if err := d.HandleTagged(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "verdicts/s")
		})
	}
}

// BenchmarkLedgerMemory says what an open incident with one mention and one mail costs in memory, and how long a page's list takes among 200,000.
func BenchmarkLedgerMemory(b *testing.B) {
	const n = 200_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := escalate.NewLedger()
	at := time.Now()
	for i := range n {
		id := casework.DerivedID(fmt.Sprint(i))
		m := fmt.Sprintf("bluesky:at://did:plc:%024d/app.bsky.feed.post/%013d", i, i)
		l.Apply([]casework.Event{
			{ID: "a" + id, Mention: m, Type: casework.Escalated, At: at.Add(time.Duration(i) * time.Second), Incident: id, Audience: "comms", Group: "thread:" + m, Route: "complaint", Reasons: []string{"complaint"}},
			{ID: "b" + id, Mention: m, Type: casework.Delivered, At: at, Incident: id, Audience: "comms", MessageID: "<" + id + "@westford.example>", To: "a@westford.example"},
		})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	v := casework.Viewer{Role: casework.Comms}
	for b.Loop() {
		if len(l.List(v, escalate.Filter{Open: true, Limit: 50})) != 50 {
			b.Fatal("no list")
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/incident")
	runtime.KeepAlive(l)
}
