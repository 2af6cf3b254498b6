package indextest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"earshot/classify"
	"earshot/internal/machinetest"
	"earshot/settings"
	"earshot/sources"
)

// Sample returns n mentions with verdicts as the pipeline makes them. The same seed gives the same ones; different seeds differ in
// every id.
func Sample(seed uint64, n int) []classify.Tagged {
	r := rand.New(rand.NewPCG(seed, 7))
	out := make([]classify.Tagged, n)
	for i := range out {
		out[i] = sample(r, seed+uint64(i))
	}
	return out
}

func sample(r *rand.Rand, serial uint64) classify.Tagged {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(serial) * 31 * time.Second)
	key := fmt.Sprintf("%016x%08x", r.Uint64(), serial)
	m := sources.Mention{
		Platform: "bluesky", Source: "bluesky", Kind: sources.Post, Text: sampleText(r),
		Author:    sources.Author{ID: "did:plc:" + key[:20], Handle: sampleWords[r.IntN(len(sampleWords))] + key[:4] + ".bsky.social"},
		CreatedAt: created, FetchedAt: created.Add(time.Duration(r.IntN(5000)) * time.Millisecond), Lang: "en", LangDetected: "en",
		Visibility: "public", MatchedBy: []string{"council"}, Engagement: map[string]int64{"likes": int64(r.IntN(30)), "replies": int64(r.IntN(5))},
	}
	m.ID = "bluesky:at://" + m.Author.ID + "/app.bsky.feed.post/3l" + key[13:]
	m.Permalink = "https://bsky.app/profile/" + m.Author.ID + "/post/3l" + key[13:]
	if r.IntN(3) == 0 {
		m.Kind, m.ThreadID = sources.Reply, fmt.Sprintf("bluesky:at://did:plc:root/app.bsky.feed.post/%d", serial/20)
		m.ParentID = m.ThreadID
	}
	return classify.Tagged{Mention: m, Verdict: sampleVerdict(r, &m)}
}

func sampleVerdict(r *rand.Rand, m *sources.Mention) classify.Verdict {
	v := classify.Verdict{ID: m.ID, Labels: []classify.Label{}, Unsure: []classify.Label{}, Risk: []classify.Risk{}, Scores: map[classify.Label]float64{},
		Officers: []classify.Officer{}, Facts: []classify.FactMatch{}, Reasons: []classify.Reason{},
		Stage: classify.Fast, Model: "fast@1", Policy: "5f3a9c21", Version: m.Version(), At: m.FetchedAt.Add(40 * time.Millisecond)}
	for _, l := range classify.Labels {
		v.Scores[l] = math.Round(r.Float64()*1000) / 1000
	}
	end := min(len(m.Text), 12)
	if r.IntN(3) == 0 {
		v.Labels, v.Service = append(v.Labels, classify.Complaint), "waste"
		v.Reasons = append(v.Reasons, classify.Reason{Label: "complaint", Start: 0, End: end, Why: "says that something was not done"})
	}
	if r.IntN(20) == 0 {
		target := "staff"
		v.Labels, v.Target = append(v.Labels, classify.Abuse), &target
		v.Officers = append(v.Officers, classify.Officer{Name: "Ann Invented", Grade: settings.Senior, Start: 0, End: end})
	}
	return v
}

func sampleText(r *rand.Rand) string {
	if texts := machinetest.Texts(); texts != nil {
		return texts[r.IntN(len(texts))]
	}
	var b strings.Builder
	for range 12 + r.IntN(40) {
		b.WriteString(sampleWords[int(math.Abs(r.NormFloat64())*float64(len(sampleWords))/4)%len(sampleWords)])
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

var sampleWords = strings.Fields(`the bins on our road were not emptied again this week and nobody from council answers phone when I ring about it
	missed collection Westgate recycling garden waste brown lid full smell rats please send somebody out thank you crew who came today pothole
	outside school still there after three months damaged tyre claim form website broken planning notice application flats objection meeting
	councillor vote tax rise library closing hours park swings mended lovely job parking fine permit zone unfair housing repairs damp mould
	letter reply waiting list benefits office queue elderly neighbour left without help care bus shelter glass lights dark street gritting ice
	flood drain blocked water rising road closed diversion market stalls festival brilliant volunteers litter pick dog mess fly tipping lane
	mattress sofa reported twice reference number ignored disgrace useless shame sort yourselves out election polling station moved leaflet`)
