// Command eval prints how good the verdicts are on councils that the model has not seen: each group of worlds is judged by a model that
// learnt the others, with thresholds from the others; and the worlds kept for the end by the model that ships.
//
//	go run ./classify/eval [-card docs/model-card.md] [-errors LABEL [-world posts3] [-stage fast]]
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"

	"earshot/classify"
	"earshot/classify/corpus"
	"earshot/classify/encoder"
	"earshot/classify/judge"
	"earshot/classify/learn"
	"earshot/sources"
)

func main() {
	var o options
	flag.StringVar(&o.corpus, "corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	flag.StringVar(&o.readings, "readings", "classify/train/considered/readings.jsonl.zst", "what encoders say of posts they had not seen")
	flag.StringVar(&o.library, "library", "build/encoder/"+runtime.GOOS+"-"+runtime.GOARCH+"/libonnxruntime.so.1", "file of ONNX Runtime, for the probes")
	flag.StringVar(&o.errors, "errors", "", "only list the mistakes of this label, risk, target, fact, officer, alarm or service")
	flag.StringVar(&o.world, "world", "", "list those of this world only")
	flag.StringVar((*string)(&o.stage), "stage", "considered", "list those of this stage: fast or considered")
	flag.StringVar(&o.card, "card", "", "write the figures into this model card")
	flag.Parse()
	if err := run(os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	corpus, readings, world, errors string
	library                         string // file of ONNX Runtime
	stage                           classify.Stage
	card                            string // file whose figures are written anew; empty: none
}

func run(w io.Writer, o options) error {
	worlds, err := corpus.Load(o.corpus)
	if err != nil {
		return err
	}
	readings, err := learn.LoadReadings(o.readings)
	if err != nil {
		return err
	}
	known := slices.DeleteFunc(slices.Clone(worlds), func(w corpus.World) bool { return corpus.Final(w.Name) })
	final := slices.DeleteFunc(worlds, func(w corpus.World) bool { return !corpus.Final(w.Name) })
	sets, err := learn.Sets(learn.Default, known, readings)
	if err != nil {
		return err
	}
	l, err := learn.Learn(learn.Default, sets)
	if err != nil {
		return err
	}
	if o.errors != "" {
		return mistakes(w, o, l, known, readings)
	}
	var figures bytes.Buffer
	both := io.MultiWriter(w, &figures)
	for _, stage := range []classify.Stage{classify.Considered, classify.Fast} {
		var all measure
		fmt.Fprintf(both, "Verdicts: %s\n\n", stage)
		for i := range known {
			m, err := measured(&known[i], l.Without(learn.Group(i)), stage, readings)
			if err != nil {
				return err
			}
			m.line(both, known[i].Name)
			all.merge(m)
		}
		fmt.Fprintf(both, "\n%d posts about councils that the model had not seen, in %d groups:\n\n", all.posts, learn.Groups)
		all.print(both)
		if err := lastWord(both, final, stage, readings); err != nil {
			return err
		}
	}
	if err := probed(both, o.library); err != nil {
		return err
	}
	if o.card == "" {
		return nil
	}
	return writeCard(o.card, figures.Bytes())
}

// probed judges the written probes with the model that ships, about a council that has neither people nor facts.
func probed(w io.Writer, library string) error {
	m, err := judge.Shipped()
	if err != nil {
		return err
	}
	fast, err := learn.Classifier(&corpus.World{}, m)
	if err != nil {
		return err
	}
	var c classify.Classifier = fast
	stage := classify.Fast
	enc, err := encoder.Open(encoder.Config{Library: library})
	switch {
	case errors.Is(err, encoder.ErrNoRuntime):
		fmt.Fprintln(w, "The probes are judged by the fast verdict: the encoder's library is not here (make encoder).")
	case err != nil:
		return err
	default:
		defer enc.Close()
		r, err := fast.NewReader(context.Background(), enc)
		if err != nil {
			return err
		}
		if c, err = fast.Considered(r, enc.Manifest().Version); err != nil {
			return err
		}
		stage = classify.Considered
	}
	fmt.Fprintf(w, "\nProbes, by the %s verdict\n", stage)
	return errors.Join(fairness(w, c), robust(w, c))
}

// lastWord measures the model that ships on the worlds kept for the final figures.
func lastWord(w io.Writer, final []corpus.World, stage classify.Stage, readings learn.Readings) error {
	m, err := judge.Shipped()
	if err != nil {
		return err
	}
	var all measure
	fmt.Fprintln(w, "\nThe model that ships on councils from which nothing was learnt and no threshold chosen:")
	for i := range final {
		one, err := measured(&final[i], m, stage, readings)
		if err != nil {
			return err
		}
		one.line(w, final[i].Name)
		all.merge(one)
	}
	fmt.Fprintf(w, "\n%d posts about these:\n\n", all.posts)
	all.print(w)
	all.slices(w)
	fmt.Fprintln(w)
	return nil
}

func measured(wd *corpus.World, m *judge.Model, stage classify.Stage, readings learn.Readings) (*measure, error) {
	got, took, err := judged(wd, m, stage, readings)
	if err != nil {
		return nil, err
	}
	one := &measure{took: took}
	one.add(wd.Posts, got)
	return one, nil
}

// mistakes lists the wrong answers of one kind.
func mistakes(w io.Writer, o options, l *learn.Trained, known []corpus.World, readings learn.Readings) error {
	for i := range known {
		if o.world != "" && known[i].Name != o.world {
			continue
		}
		got, _, err := judged(&known[i], l.Without(learn.Group(i)), o.stage, readings)
		if err != nil {
			return err
		}
		m := measure{errors: o.errors, out: w}
		m.add(known[i].Posts, got)
	}
	return nil
}

// judged classifies a world's posts and says how long one took.
func judged(w *corpus.World, m *judge.Model, stage classify.Stage, readings learn.Readings) ([]classify.Verdict, time.Duration, error) {
	fast, err := learn.Classifier(w, m)
	if err != nil {
		return nil, 0, err
	}
	var c classify.Classifier = fast
	if stage == classify.Considered {
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
