package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/index"

	"github.com/go-json-experiment/json"
)

// samplePrefix comes before a week's name on the settings topic.
const samplePrefix = "sample/"

// learning shows the pages what people's decisions say.
type learning struct{ app *App }

func (a *App) learning() learning { return learning{a} }

// Decisions returns what people said, oldest first.
func (l learning) Decisions() []quality.Decision { return l.app.escalate.book.Decisions() }

// Draws returns the weekly samples, newest first. One that cannot be read is left out: it was written by a newer version.
func (l learning) Draws() []quality.Draw {
	var out []quality.Draw
	for _, e := range l.app.log.Settings.All(samplePrefix) {
		var d quality.Draw
		if err := json.Unmarshal(e.Value, &d); err == nil {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(x, y quality.Draw) int { return y.From.Compare(x.From) })
	return out
}

const (
	sampleEvery = 10 * time.Minute
	sampleAfter = 6 * time.Hour // the end of the week, so that what platforms give late is among it
	sampleWeeks = 104           // how long a draw is kept
)

// keepSampling draws each week's sample once the week is over, and takes erased mentions out of those drawn.
func (a *App) keepSampling(ctx context.Context) error {
	log := a.slog.With("component", "sample")
	for range nowAndEvery(ctx, sampleEvery) {
		if a.ready.check(ctx) == nil { // the index knows every mention, the book every decision
			if err := a.Sample(ctx, time.Now()); err != nil && ctx.Err() == nil {
				log.Error("the weekly sample was not drawn; it is tried again", "err", err)
			}
		}
	}
	return nil
}

// Sample draws the sample of the last week that was over at now, unless it has been drawn or the week had no mention. Every node draws
// the same one.
func (a *App) Sample(ctx context.Context, now time.Time) error {
	if err := a.tidySamples(ctx, now); err != nil {
		return err
	}
	council := a.settings.Current().Council
	week, from, to := quality.Week(now.Add(-sampleAfter).In(council.Location()).AddDate(0, 0, -7))
	if _, ok := a.log.Settings.Get(samplePrefix + week); ok {
		return nil
	}
	population, err := a.population(ctx, from, to)
	if err != nil {
		return fmt.Errorf("list the mentions of week %s: %w", week, err)
	}
	d := quality.Draw{Week: week, From: from, To: to, At: now.UTC(), Decided: []string{}}
	for _, x := range a.escalate.book.Decisions() {
		if _, ok := population[x.Mention]; ok {
			d.Decided = append(d.Decided, x.Mention)
			delete(population, x.Mention)
		}
	}
	if len(population) == 0 {
		return nil
	}
	mac := hmac.New(sha256.New, a.secret)
	mac.Write([]byte("weekly sample " + week))
	d.Strata, d.Picks = quality.Choose(mac.Sum(nil), population, council.AuditSample)
	return a.putSample(ctx, d)
}

func (a *App) putSample(ctx context.Context, d quality.Draw) error {
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = a.log.Settings.Put(ctx, samplePrefix+d.Week, b)
	return err
}

// tidySamples removes draws that are too old and mentions that were erased on request.
func (a *App) tidySamples(ctx context.Context, now time.Time) error {
	erased := a.escalate.book.Erased()
	for _, d := range a.learning().Draws() {
		if d.To.Before(now.AddDate(0, 0, -7*sampleWeeks)) {
			if err := a.log.Settings.Delete(ctx, samplePrefix+d.Week); err != nil {
				return err
			}
			continue
		}
		changed := false
		for _, id := range erased {
			if d.Holds(id) {
				d, changed = d.Forget(id), true
			}
		}
		if changed {
			if err := a.putSample(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// population is every mention of a span of time that comms may see, with its stratum.
func (a *App) population(ctx context.Context, from, to time.Time) (map[string]string, error) {
	out := map[string]string{}
	put := func(stratum string) func(string) { return func(id string) { out[id] = stratum } }
	steps := []struct {
		clauses []index.Clause
		stratum string
	}{{nil, quality.StratumPlain}, {[]index.Clause{{Field: "unsure", Value: index.AnyValue}}, quality.StratumDoubt}}
	for _, s := range slices.Backward(quality.Strata) { // what comes later stands over what came before
		if slices.Contains(classify.Labels, classify.Label(s)) {
			steps = append(steps, struct {
				clauses []index.Clause
				stratum string
			}{[]index.Clause{{Field: "tag", Value: s}}, s})
		}
	}
	for _, s := range steps {
		if err := a.every(ctx, index.Query{Clauses: s.clauses}, from, to, put(s.stratum)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// every calls fn with the ID of each mention that matches.
func (a *App) every(ctx context.Context, q index.Query, from, to time.Time, fn func(id string)) error {
	r := index.Request{Query: q, Viewer: casework.Viewer{Role: casework.Comms}, From: from, To: to, Sort: index.Oldest, Limit: index.MaxLimit}
	for {
		res, err := a.fulltext.Search(ctx, r)
		if err != nil {
			return err
		}
		for _, h := range res.Hits {
			fn(h.ID)
		}
		if r.Cursor = res.Next; r.Cursor == "" {
			return nil
		}
	}
}
