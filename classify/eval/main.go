// Command eval prints how good the fast classifier is on councils it has not seen: each world of the corpus is judged by a model
// that learnt the others, with thresholds from the others.
//
//	go run ./classify/eval [-corpus DIR] [-errors LABEL] [-world posts3] [-shipped]
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/judge"
	"earshot/classify/learn"
	"earshot/sources"
)

func main() {
	dir := flag.String("corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	errs := flag.String("errors", "", "list the mistakes of this label, risk, target, fact, officer or service")
	world := flag.String("world", "", "only this world")
	flag.Parse()
	if err := run(os.Stdout, *dir, *world, *errs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir, only, errs string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	sets, err := learn.Sets(learn.Default, worlds)
	if err != nil {
		return err
	}
	folds := learn.Folds(learn.Default, sets)
	ff := learn.FactFolds(sets, folds)
	sf := learn.SecondFolds(sets, folds)
	var all measure
	for _, f := range folds {
		if only != "" && worlds[f.Held].Name != only {
			continue
		}
		m := &judge.Model{Linear: f.Model, Cal: learn.Calibrate(sets, folds, f.Held), Facts: learn.FactModel(sets, ff, f.Held), Second: learn.SecondModel(sets, sf, f.Held)}
		got, took, err := judged(&worlds[f.Held], m)
		if err != nil {
			return err
		}
		var one measure
		one.errors = errs
		one.out = w
		one.add(worlds[f.Held].Posts, got)
		one.took = took
		if errs == "" {
			one.line(w, worlds[f.Held].Name)
		}
		all.merge(&one)
	}
	all.print(w)
	return nil
}

// judged classifies a world's posts and says how long one took.
func judged(w *corpus.World, m *judge.Model) ([]classify.Verdict, time.Duration, error) {
	c, err := learn.Classifier(w, m)
	if err != nil {
		return nil, 0, err
	}
	ms := make([]sources.Mention, len(w.Posts))
	for i := range w.Posts {
		ms[i] = sources.Mention{ID: "eval:" + w.Posts[i].ID, Platform: "eval", Text: w.Posts[i].Text, CreatedAt: time.Unix(1772000000, 0)}
	}
	start := time.Now()
	vs, err := c.Classify(context.Background(), ms)
	return vs, time.Since(start), err
}
