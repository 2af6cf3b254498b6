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
	"slices"
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
	stage := flag.String("stage", "considered", "fast or considered")
	read := flag.String("readings", "classify/train/considered/readings.jsonl.zst", "what encoders say of posts they had not seen")
	flag.Parse()
	if err := run(os.Stdout, *dir, *read, *world, *errs, *stage); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir, read, only, errs, stage string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	readings, err := learn.LoadReadings(read)
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(worlds), func(w corpus.World) bool { return corpus.Final(w.Name) })
	sets, err := learn.Sets(learn.Default, known, readings)
	if err != nil {
		return err
	}
	l, err := learn.Learn(learn.Default, sets)
	if err != nil {
		return err
	}
	var all measure
	for i := range known {
		if only != "" && known[i].Name != only {
			continue
		}
		got, took, err := judged(&known[i], l.Without(learn.Group(i)), stage, readings)
		if err != nil {
			return err
		}
		var one measure
		one.errors = errs
		one.out = w
		one.add(known[i].Posts, got)
		one.took = took
		if errs == "" {
			one.line(w, known[i].Name)
		}
		all.merge(&one)
	}
	all.print(w)
	return nil
}

// judged classifies a world's posts and says how long one took.
func judged(w *corpus.World, m *judge.Model, stage string, readings learn.Readings) ([]classify.Verdict, time.Duration, error) {
	fast, err := learn.Classifier(w, m)
	if err != nil {
		return nil, 0, err
	}
	var c classify.Classifier = fast
	if stage == string(classify.Considered) {
		if c, err = fast.Considered(learn.Recorded{Readings: readings}, "recorded"); err != nil {
			return nil, 0, err
		}
	}
	ms := make([]sources.Mention, len(w.Posts))
	for i := range w.Posts {
		ms[i] = sources.Mention{ID: w.Posts[i].ID, Platform: "eval", Text: w.Posts[i].Text, CreatedAt: time.Unix(1772000000, 0)}
	}
	start := time.Now()
	vs, err := c.Classify(context.Background(), ms)
	return vs, time.Since(start), err
}
