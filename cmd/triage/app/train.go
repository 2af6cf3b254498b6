package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/casework"
	"earshot/casework/quality"
	"earshot/classify"
	"earshot/classify/judge"
	"earshot/classify/tune"
	"earshot/cmd/internal/control"
	"earshot/index"
	"earshot/settings"
	"earshot/sources"
)

// What a training needs: decisions to learn from, and later audited mentions to be measured on.
const (
	trainLeast = 100
	heldLeast  = 40
	heldShare  = 0.3 // of the audited mentions, the latest
	trainBatch = 200 // mentions read and judged together
)

// Trained is what `triage train` made.
type Trained struct {
	Name    string             `json:"name"`
	Labels  []string           `json:"labels"` // for which there was enough
	Fitted  int                `json:"fitted"`
	HeldOut []settings.HeldOut `json:"held_out"`
}

// lesson is one mention to learn from or to be measured on.
type lesson struct {
	item    quality.Item
	mention sources.Mention
}

// train learns a version from what people decided, measures it on later audits and puts it on trial.
func (a *App) train(ctx context.Context, _ struct{}, progress control.Progress) (Trained, error) {
	fit, held := splitByTime(a.learning().Draws(), a.escalate.book.Decisions())
	if len(fit) < trainLeast || len(held) < heldLeast {
		return Trained{}, fmt.Errorf("there is too little to learn from: %d decisions of the %d needed, and %d later audited mentions of the %d needed; tag the weekly sample on /numbers/audit",
			len(fit), trainLeast, len(held), heldLeast)
	}
	lessons, err := a.read(ctx, fit)
	if err != nil {
		return Trained{}, err
	}
	exam, err := a.read(ctx, held)
	if err != nil {
		return Trained{}, err
	}
	m, err := judge.Shipped()
	if err != nil {
		return Trained{}, err
	}
	v := settings.ClassifierVersion{Name: "trained", Base: m.Base(), Made: time.Now().UTC().Truncate(time.Second), Fitted: len(lessons)}
	cfg := judgeConfig(a.settings.Current())
	plain, err := a.bothStages(ctx, cfg)
	if err != nil {
		return Trained{}, err
	}
	total, done := int64(len(plain)*(len(lessons)+len(exam))), int64(0)
	for stage, c := range plain {
		examples, err := examplesOf(ctx, c, lessons)
		if err != nil {
			return Trained{}, err
		}
		fitted := tune.Fit(examples, m.Cuts(stage))
		if stage == classify.Fast {
			v.Fast = fitted
		} else {
			v.Considered = fitted
		}
		done += int64(len(lessons))
		progress(done, total)
	}
	if len(v.Fast)+len(v.Considered) == 0 {
		return Trained{}, errors.New("no tag has enough decisions for and against it to learn from")
	}
	cfg.Shadow = &v
	trial, err := a.bothStages(ctx, cfg)
	if err != nil {
		return Trained{}, err
	}
	for _, stage := range []classify.Stage{classify.Fast, classify.Considered} {
		if trial[stage] == nil {
			continue
		}
		h, err := examine(ctx, trial[stage], stage, exam)
		if err != nil {
			return Trained{}, err
		}
		v.HeldOut = append(v.HeldOut, h)
		done += int64(len(exam))
		progress(done, total)
	}
	return a.keepVersion(ctx, v)
}

// bothStages builds the classifiers of cfg: the fast one, and the considered one where the encoder is on.
func (a *App) bothStages(ctx context.Context, cfg judge.Config) (map[classify.Stage]classify.Classifier, error) {
	fast, err := judge.New(cfg)
	if err != nil {
		return nil, err
	}
	out := map[classify.Stage]classify.Classifier{classify.Fast: fast}
	if a.judges.consider == nil {
		return out, nil
	}
	out[classify.Considered], err = a.judges.consider(ctx, fast)
	return out, err
}

// keepVersion stores v on trial.
func (a *App) keepVersion(ctx context.Context, v settings.ClassifierVersion) (Trained, error) {
	c := a.settings.Current().Classifier.Add(v)
	if err := a.storeClassifier(ctx, c, "command line", "learnt "+c.Trial+", on trial"); err != nil {
		return Trained{}, err
	}
	out := Trained{Name: c.Trial, Fitted: v.Fitted, HeldOut: v.HeldOut}
	for _, label := range settings.Tuned {
		if v.Fast[label].A+v.Considered[label].A > 0 {
			out.Labels = append(out.Labels, label)
		}
	}
	return out, nil
}

func (a *App) storeClassifier(ctx context.Context, c settings.Classifier, by, why string) error {
	b, err := c.Encode()
	if err != nil {
		return err
	}
	_, err = a.settings.Import(ctx, map[string][]byte{settings.ClassifierFile: b}, by, why)
	return err
}

// Switch puts a version of the classifier in force.
func (l learning) Switch(ctx context.Context, by casework.Actor, version string) error {
	c, err := l.app.settings.Current().Classifier.Switch(version)
	if err != nil {
		return err
	}
	why := "switched on " + version
	if version == "" {
		why = "switched back to the classifier as it came"
	}
	return l.app.storeClassifier(ctx, c, by.ID, why)
}

// Fits reports whether v corrects the model of this program.
func (learning) Fits(v *settings.ClassifierVersion) bool {
	m, err := judge.Shipped()
	return err == nil && v.Base == m.Base()
}

// splitByTime parts decisions at a moment: what people said before it is learnt from, the audited mentions after it are the exam.
func splitByTime(draws []quality.Draw, decisions []quality.Decision) (fit, held []quality.Item) {
	items, _ := quality.Weigh(draws, decisions)
	var times []time.Time
	weighed := map[string]bool{}
	for _, x := range items {
		weighed[x.Mention] = true
		if !x.Census {
			times = append(times, x.At)
		}
	}
	if len(times) == 0 {
		return nil, nil
	}
	slices.SortFunc(times, time.Time.Compare)
	cut := times[int(float64(len(times))*(1-heldShare))]
	for _, x := range items {
		switch {
		case x.At.Before(cut):
			fit = append(fit, x)
		case !x.Census:
			held = append(held, x)
		}
	}
	for i := range decisions { // chosen by people: each stands for itself
		if d := &decisions[i]; d.Type != casework.Audited && !weighed[d.Mention] && d.At.Before(cut) {
			fit = append(fit, quality.Item{Mention: d.Mention, At: d.At, Census: true, Weight: 1, Judged: &d.Judged, Right: d.Labels})
		}
	}
	return fit, held
}

// read fetches the words of items. Those that are gone, or were changed since the decision, are left out.
func (a *App) read(ctx context.Context, items []quality.Item) ([]lesson, error) {
	var out []lesson
	for batch := range slices.Chunk(items, trainBatch) {
		ids := make([]string, len(batch))
		for i := range batch {
			ids[i] = batch[i].Mention
		}
		recs, err := overlay{a.store, a.recent}.GetMany(ctx, system, ids)
		if err != nil {
			return nil, fmt.Errorf("read the mentions to learn from: %w", err)
		}
		byID := map[string]*index.Record{}
		for i := range recs {
			byID[recs[i].Mention.ID] = &recs[i]
		}
		for _, x := range batch {
			r := byID[x.Mention]
			if r == nil || r.Gone != index.NotGone || r.Mention.State == sources.Deleted || x.Judged.Version != "" && x.Judged.Version != r.Mention.Version() {
				continue
			}
			out = append(out, lesson{x, r.Mention})
		}
	}
	return out, nil
}

// verdictsOn judges the mentions of lessons.
func verdictsOn(ctx context.Context, c classify.Classifier, lessons []lesson) ([]classify.Verdict, error) {
	var out []classify.Verdict
	for batch := range slices.Chunk(lessons, trainBatch) {
		ms := make([]sources.Mention, len(batch))
		for i := range batch {
			ms[i] = batch[i].mention
		}
		vs, err := c.Classify(ctx, ms)
		if err != nil {
			return nil, err
		}
		out = append(out, vs...)
	}
	return out, nil
}

func examplesOf(ctx context.Context, c classify.Classifier, lessons []lesson) ([]tune.Example, error) {
	vs, err := verdictsOn(ctx, c, lessons)
	if err != nil {
		return nil, err
	}
	out := make([]tune.Example, len(vs))
	for i := range vs {
		out[i] = tune.Example{Scores: vs[i].Scores, Is: lessons[i].item.Right, Weight: lessons[i].item.Weight}
	}
	return out, nil
}

// examine measures the version on trial against the classifier as it came, on the same mentions.
func examine(ctx context.Context, trial classify.Classifier, stage classify.Stage, exam []lesson) (settings.HeldOut, error) {
	vs, err := verdictsOn(ctx, trial, exam)
	if err != nil {
		return settings.HeldOut{}, err
	}
	items, by := make([]quality.Item, len(exam)), map[string]*classify.Verdict{}
	for i := range exam {
		items[i], by[exam[i].item.Mention] = exam[i].item, &vs[i]
	}
	c := quality.Compare(items, func(x *quality.Item) []classify.Label { return by[x.Mention].Labels },
		func(x *quality.Item) []classify.Label { return by[x.Mention].Shadow.Labels })
	return settings.HeldOut{Stage: string(stage), N: c.N, Old: c.Old, New: c.New, Low: c.Low, High: c.High}, nil
}
