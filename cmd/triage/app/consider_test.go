package app

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/cmd/internal/env"
	"earshot/cmd/internal/node"
	"earshot/cmd/triage/web"
	"earshot/escalate"
	"earshot/index"
	"earshot/sources"
	"earshot/sources/topic"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// byWord is a classifier for tests: a complaint where the words hold word, trolling elsewhere, a threat where they hold "threat".
type byWord struct {
	stage  classify.Stage
	word   string
	policy string
	open   chan struct{} // verdicts are given once it is closed; nil: at once
}

func (c byWord) Classify(ctx context.Context, ms []sources.Mention) ([]classify.Verdict, error) {
	if c.open != nil {
		select {
		case <-c.open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var out []classify.Verdict
	for _, m := range ms {
		v := classify.Verdict{ID: m.ID, Stage: c.stage, Model: "byword@1", Policy: c.policy, Version: m.Version(), At: time.Now().UTC().Truncate(time.Millisecond),
			Labels: []classify.Label{classify.Trolling}, Scores: map[classify.Label]float64{}, Service: "waste"}
		if strings.Contains(m.Text, c.word) {
			v.Labels = []classify.Label{classify.Complaint}
		}
		if strings.Contains(m.Text, "threat") {
			v.Risk = []classify.Risk{classify.Threat}
		}
		out = append(out, v)
	}
	return out, nil
}

// startReading runs a triage whose fast verdict finds complaints about bins, and whose considered one finds those about roads once open is closed.
func startReading(t *testing.T, open chan struct{}) *App {
	t.Helper()
	return startWith(t, Config{
		fast: func(c *node.Current) (classify.Classifier, error) {
			return byWord{stage: classify.Fast, word: "bin", policy: c.Version}, nil
		},
		considered: func(_ context.Context, fast classify.Classifier) (classify.Classifier, error) {
			return byWord{stage: classify.Considered, word: "road", policy: fast.(byWord).policy, open: open}, nil
		},
	})
}

func startWith(t *testing.T, cfg Config) *App {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Data, cfg.Listen, cfg.Log, cfg.Version = t.TempDir(), "127.0.0.1:0", slog.New(slog.DiscardHandler), "test"
	a, err := New(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

// onTriaged returns what the triaged topic holds, by mention.
func onTriaged(t *testing.T, a *App) map[string][]classify.Tagged {
	t.Helper()
	out := map[string][]classify.Tagged{}
	err := a.readTopic(t.Context(), topic.Triaged, func(rec topic.Record) error {
		x, err := decodeTagged(rec)
		out[x.Mention.ID] = append(out[x.Mention.ID], x)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func incidents(a *App, audience string) []escalate.Incident {
	return a.escalate.ledger.List(casework.Viewer{Role: casework.System}, escalate.Filter{Audience: audience})
}

// until waits for something that another goroutine does.
func until(t *testing.T, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// TestABacklogIsReadFastAndThenConsidered: every mention of a backlog has its fast verdict first and its considered one after, once each; both
// are in the record, the considered one is found, a risk waits for nothing and all else for the considered verdict. A mention that comes alone
// has the considered verdict at once.
func TestABacklogIsReadFastAndThenConsidered(t *testing.T) {
	open := make(chan struct{})
	a := startReading(t, open)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const backlog = 400 // on four partitions, each far above considerAtOnce
	var ms []sources.Mention
	for i := range backlog {
		text := "the bin was missed"
		switch {
		case i == 7:
			text = "a threat"
		case i%2 == 1:
			text = "the road is broken"
		}
		ms = append(ms, sources.Mention{ID: fmt.Sprintf("forum:%d", i), Platform: "forum", Text: text, CreatedAt: time.Now()})
	}
	publish := func(ms []sources.Mention) {
		t.Helper()
		if err := (handIn{a.log.Client}).PublishMentions(ctx, ms); err != nil {
			t.Fatal(err)
		}
	}
	until(t, ctx, "considered verdicts are on", func() bool { return a.judges.considered.Load() != nil })
	publish(ms)
	if err := a.settle(ctx, topic.GroupClassify, topic.GroupEscalate); err != nil {
		t.Fatal(err)
	}
	if got := incidents(a, escalate.AudienceOnCall); len(got) != 1 || !slices.Equal(got[0].Mentions, []string{"forum:7"}) {
		t.Errorf("on call before the considered verdicts: %+v", got)
	}
	if got := incidents(a, escalate.AudienceComms); len(got) != 0 {
		t.Errorf("%d incidents did not wait for the considered verdicts", len(got))
	}
	close(open)
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	publish([]sources.Mention{{ID: "forum:alone", Platform: "forum", Text: "the road is broken", CreatedAt: time.Now()}})
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}

	for id, got := range onTriaged(t, a) {
		if id == "forum:alone" {
			if len(got) != 1 || got[0].Verdict.Stage != classify.Considered || got[0].Again {
				t.Errorf("the mention that came alone: %+v", got)
			}
			continue
		}
		if len(got) != 2 || got[0].Verdict.Stage != classify.Fast || got[0].Again || got[1].Verdict.Stage != classify.Considered || !got[1].Again {
			t.Fatalf("%s is on triaged %d times: %+v", id, len(got), got)
		}
	}
	for query, want := range map[string]int{"tag:complaint": backlog/2 - 1 + 1, "tag:trolling": backlog/2 + 1} {
		q, err := index.ParseQuery(query, time.Now(), time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := a.fulltext.Search(ctx, index.Request{Query: q, Viewer: system}); err != nil || found.Total != want {
			t.Errorf("%s finds %d (%v), want %d", query, found.Total, err, want)
		}
	}
	verdicts, err := a.store.Verdicts(ctx, system, "forum:2")
	if err != nil || len(verdicts) != 2 || verdicts[0].Stage != classify.Fast || verdicts[1].Stage != classify.Considered {
		t.Errorf("the record has the verdicts %+v, %v", verdicts, err)
	}
	told := 0
	for _, i := range incidents(a, escalate.AudienceComms) {
		if slices.Contains(i.Reasons, escalate.ReasonComplaint) {
			told += len(i.Mentions)
		}
	}
	if told != backlog/2 { // the roads, but for the threat, and the one that came alone
		t.Errorf("comms has %d complaints, want %d", told, backlog/2)
	}
	if v, err := a.Verify(ctx, func(int64, int64) {}); err != nil || v.Differs() {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestConsideringAgainChangesNothing: a window that is read again, and a fast verdict that is, leave record, search and topic as they were.
func TestConsideringAgainChangesNothing(t *testing.T) {
	a := startReading(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	until(t, ctx, "considered verdicts are on", func() bool { return a.judges.considered.Load() != nil })
	m := sources.Mention{ID: "forum:1", Platform: "forum", Text: "the road is broken", CreatedAt: time.Now()}
	sources.Normalise(&m, time.Now())
	fast, err := byWord{stage: classify.Fast, word: "bin", policy: a.settings.Current().Version}.Classify(ctx, []sources.Mention{m})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := encodeTagged(classify.Tagged{Mention: m, Verdict: fast[0]})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		if err := a.log.Client.Publish(ctx, []topic.Record{rec}); err != nil {
			t.Fatal(err)
		}
		if err := a.settle(ctx); err != nil {
			t.Fatal(err)
		}
		if got := onTriaged(t, a)["forum:1"]; len(got) != 2+round {
			t.Errorf("round %d: %d records about it", round, len(got))
		}
		verdicts, err := a.store.Verdicts(ctx, system, "forum:1")
		got, getErr := overlay{a.store, a.recent}.Get(ctx, system, "forum:1")
		if err != nil || getErr != nil || len(verdicts) != 2 || got.Verdict.Stage != classify.Considered || !got.Verdict.Has(classify.Complaint) {
			t.Errorf("round %d: %d verdicts, the newest of %s; %v, %v", round, len(verdicts), got.Verdict.Stage, err, getErr)
		}
	}
}

// TestConsiderOrder: a window is read riskiest first, then newest first, the newest version of each mention and nothing that needs no reading.
func TestConsiderOrder(t *testing.T) {
	now := time.Now()
	var recs []topic.Record
	add := func(id, text string, ago time.Duration, change func(*classify.Tagged)) {
		x := classify.Tagged{Mention: sources.Mention{ID: id, Platform: "x", Text: text, CreatedAt: now.Add(-ago)}, Verdict: classify.Verdict{ID: id, Stage: classify.Fast}}
		if change != nil {
			change(&x)
		}
		rec, err := encodeTagged(x)
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	risk := func(r classify.Risk) func(*classify.Tagged) {
		return func(x *classify.Tagged) { x.Verdict.Risk = []classify.Risk{r} }
	}
	add("x:old", "a", 3*time.Hour, nil)
	add("x:new", "a", time.Hour, nil)
	add("x:self-harm", "a", 5*time.Hour, risk(classify.SelfHarm))
	add("x:threat", "a", 9*time.Hour, risk(classify.Threat))
	add("x:abuse", "a", 7*time.Hour, func(x *classify.Tagged) { x.Verdict.Unsure = []classify.Label{classify.Abuse} })
	add("x:edited", "one", 2*time.Hour, nil)
	add("x:edited", "two", 2*time.Hour, nil)
	add("x:read", "a", 0, func(x *classify.Tagged) { x.Verdict.Stage = classify.Considered })
	add("x:read-since", "a", 0, nil)
	add("x:read-since", "a", 0, func(x *classify.Tagged) { x.Verdict.Stage, x.Again = classify.Considered, true })
	add("x:gone", "a", 0, nil)
	add("x:gone", "", 0, func(x *classify.Tagged) { x.Mention.State = sources.Deleted })
	recs = append(recs, topic.Record{Topic: topic.Triaged, Key: []byte("x:broken"), Value: []byte("{")})
	var got []string
	for _, x := range (&considerStage{}).window(recs) {
		got = append(got, x.Mention.ID+" "+x.Mention.Text)
	}
	if want := []string{"x:threat a", "x:self-harm a", "x:abuse a", "x:new a", "x:edited two", "x:old a"}; !slices.Equal(got, want) {
		t.Errorf("read in the order %q, want %q", got, want)
	}
}

// failing is a considered classifier whose encoder cannot be used.
type failing struct{}

func (failing) Classify(context.Context, []sources.Mention) ([]classify.Verdict, error) {
	return nil, fmt.Errorf("the library failed")
}

// TestAFailedReadingLeavesTheFastVerdict: nothing is set aside and nothing waits for ever.
func TestAFailedReadingLeavesTheFastVerdict(t *testing.T) {
	a := startWith(t, Config{
		fast: func(c *node.Current) (classify.Classifier, error) {
			return byWord{stage: classify.Fast, word: "bin", policy: c.Version}, nil
		},
		considered: func(context.Context, classify.Classifier) (classify.Classifier, error) { return failing{}, nil },
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	until(t, ctx, "considered verdicts are on", func() bool { return a.judges.considered.Load() != nil })
	if err := (handIn{a.log.Client}).PublishMentions(ctx, []sources.Mention{{ID: "forum:1", Platform: "forum", Text: "the bin", CreatedAt: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	got := onTriaged(t, a)["forum:1"]
	if len(got) != 1 || got[0].Verdict.Stage != classify.Fast || !got[0].Verdict.Has(classify.Complaint) {
		t.Errorf("on triaged: %+v", got)
	}
}

// TestWithoutTheEncoder: everything works on the fast verdict, nothing waits for another, and the health page says so.
func TestWithoutTheEncoder(t *testing.T) {
	a := startWith(t, Config{Config: env.Config{EncoderLib: filepath.Join(t.TempDir(), "nowhere.so")}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	m := sources.Mention{ID: "forum:1", Platform: "forum", Text: "My bin was missed again, third week running. This is not good enough.", CreatedAt: time.Now()}
	if err := (handIn{a.log.Client}).PublishMentions(ctx, []sources.Mention{m}); err != nil {
		t.Fatal(err)
	}
	if err := a.settle(ctx); err != nil {
		t.Fatal(err)
	}
	if got := onTriaged(t, a)["forum:1"]; len(got) != 1 || got[0].Verdict.Stage != classify.Fast || !got[0].Verdict.Has(classify.Complaint) {
		t.Errorf("on triaged: %+v", got)
	}
	if got := incidents(a, escalate.AudienceComms); len(got) != 1 {
		t.Errorf("%d incidents", len(got))
	}
	said := slices.ContainsFunc(a.status(), func(l web.StatusLine) bool {
		return l.Name == "Considered verdicts" && l.Bad && strings.HasPrefix(l.Value, "off: ")
	})
	if !said {
		t.Errorf("status: %+v", a.status())
	}
	if on := testutil.ToFloat64(a.judges.readings.encoder); on != 0 {
		t.Errorf("earshot_classify_encoder is %v", on)
	}
}

// TestNewSettingsAreReadBesideTheOld: the fast classifier changes at once, the considered one once the register is read anew, and the one before
// serves until then.
func TestNewSettingsAreReadBesideTheOld(t *testing.T) {
	reads := map[string]chan struct{}{"one": make(chan struct{}), "two": make(chan struct{})}
	started := make(chan string, 2)
	a := startWith(t, Config{}) // for its parts
	j := &judges{metrics: nil, readings: a.judges.readings, log: a.slog, changed: make(chan judgedSettings, 1), ready: make(chan struct{}),
		build: func(c *node.Current) (classify.Classifier, error) { return byWord{policy: c.Version}, nil },
		consider: func(_ context.Context, fast classify.Classifier) (classify.Classifier, error) {
			policy := fast.(byWord).policy
			started <- policy
			<-reads[policy]
			return byWord{policy: policy}, nil
		}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.run(ctx) }()
	defer func() { cancel(); <-done }()
	policies := func() (fast, considered string) {
		ask := func(p *classify.Pool) string {
			if p == nil {
				return "none"
			}
			vs, _ := p.Classify(t.Context(), []sources.Mention{{ID: "x:1"}})
			return vs[0].Policy
		}
		return ask(j.fast.Load()), ask(j.considered.Load())
	}
	use := func(version string) {
		t.Helper()
		c := *a.settings.Current()
		folder := *c.Folder
		folder.Version = version
		c.Folder = &folder
		if err := j.use(&c); err != nil {
			t.Fatal(err)
		}
	}
	use("one")
	<-started
	if fast, considered := policies(); fast != "one" || considered != "none" {
		t.Errorf("at the start: fast %s, considered %s", fast, considered)
	}
	close(reads["one"])
	<-j.ready
	use("two")
	<-started
	if fast, considered := policies(); fast != "two" || considered != "one" {
		t.Errorf("while the register is read: fast %s, considered %s", fast, considered)
	}
	close(reads["two"])
	wait, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	until(t, wait, "the register is read", func() bool { _, considered := policies(); return considered == "two" })
}
