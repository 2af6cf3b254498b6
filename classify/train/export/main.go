// Command export writes the corpus as the encoder's training reads it: each post, each fact and each other version of a fact in stretches,
// people and councils masked, the facts that retrieval finds for a post, and the labels.
//
//	go run ./classify/train/export [-corpus DIR] > posts.jsonl
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"

	"earshot/classify/corpus"
	"earshot/classify/encoder"
	"earshot/classify/judge"
	"earshot/classify/learn"

	"github.com/go-json-experiment/json"
)

// line is a post, a fact when Fact is set, or a version of the fact Of.
type line struct {
	World   string            `json:"world"`
	ID      string            `json:"id,omitzero"`
	Fact    bool              `json:"fact,omitzero"`
	Of      string            `json:"of,omitzero"`
	Read    []stretch         `json:"read"`
	Truth   []float32         `json:"truth,omitzero"`   // by head, -1 unknown
	Facts   map[string]string `json:"facts,omitzero"`   // stance by fact
	Near    []string          `json:"near,omitzero"`    // facts found by words, the nearest first
	Stances map[string]string `json:"stances,omitzero"` // of posts to a version
	// Beside is the post as it is read beside a fact, by fact, where that differs from Read.
	Beside map[string][]stretch `json:"beside,omitzero"`
}

type stretch struct {
	Text string `json:"t"`
	Mask bool   `json:"m,omitzero"`
}

func main() {
	dir := flag.String("corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	flag.Parse()
	w := bufio.NewWriter(os.Stdout)
	err := run(w, *dir)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	if err := put(w, map[string][]string{"heads": judge.Heads}); err != nil {
		return err
	}
	for i := range worlds {
		if err := world(w, &worlds[i]); err != nil {
			return err
		}
	}
	return nil
}

func world(w io.Writer, wd *corpus.World) error {
	c, err := learn.Classifier(wd, learn.Blank(learn.Default.Bits))
	if err != nil {
		return err
	}
	for _, f := range wd.Facts {
		if err := put(w, line{World: wd.Name, ID: f.ID, Fact: true, Read: stretches(c.Passage(f.Statement))}); err != nil {
			return err
		}
	}
	for _, v := range wd.Versions {
		if err := put(w, line{World: wd.Name, Of: v.Of, Read: stretches(c.Passage(v.Statement)), Stances: v.Stances}); err != nil {
			return err
		}
	}
	all := make([]int, len(wd.Facts))
	for i := range all {
		all[i] = i
	}
	for k := range wd.Posts {
		p := &wd.Posts[k]
		g, t := learn.Gold(p), c.Text(p.ID, p.Text)
		l := line{World: wd.Name, ID: p.ID, Read: stretches(t.Passage), Truth: g.Truth(), Facts: p.Facts, Beside: map[string][]stretch{}}
		for i, said := range c.Beside(&t, all) {
			if said.Text != t.Passage.Text {
				l.Beside[wd.Facts[i].ID] = stretches(said)
			}
		}
		for _, n := range c.Observe(p.Text, nil).Near {
			l.Near = append(l.Near, n.ID)
		}
		if err := put(w, l); err != nil {
			return err
		}
	}
	return nil
}

// stretches cuts a passage at its masks.
func stretches(p encoder.Passage) []stretch {
	var out []stretch
	at := 0
	for _, m := range p.Masks {
		out = append(out, stretch{Text: p.Text[at:m.Start]}, stretch{Text: p.Text[m.Start:m.End], Mask: true})
		at = m.End
	}
	return append(out, stretch{Text: p.Text[at:]})
}

func put(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
