// Command read has encoders read the corpus, each the worlds it had not seen, and writes what they say, for train and eval.
//
//	go run ./classify/train/read -library LIB [-corpus DIR] [-out FILE] [-more] FOLDER=posts1,posts4 FOLDER=...
//
// A FOLDER holds one fold's encoder as classify/train/considered/train.py exports it.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"earshot/classify/corpus"
	"earshot/classify/encoder"
	"earshot/classify/judge"
	"earshot/classify/learn"
)

func main() {
	library := flag.String("library", "", "file of ONNX Runtime")
	dir := flag.String("corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	out := flag.String("out", "classify/train/considered/readings.jsonl.zst", "file to write")
	more := flag.Bool("more", false, "keep what the file says, and read only the posts that it does not know")
	flag.Parse()
	if err := run(context.Background(), *library, *dir, *out, *more, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, library, dir, out string, more bool, folds []string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	all := learn.Readings{}
	if more {
		if all, err = learn.LoadReadings(out); err != nil {
			return err
		}
	}
	var ids []string
	for i := range worlds {
		w := &worlds[i]
		read := slices.ContainsFunc(folds, func(f string) bool { return slices.Contains(worldsOf(f), w.Name) })
		for k := range w.Posts {
			id := w.Posts[k].ID
			if _, known := all[id]; !known && !read {
				return fmt.Errorf("read: no fold reads %s, so name %s behind one", id, w.Name)
			}
			ids = append(ids, id)
		}
	}
	for _, f := range folds {
		folder, _, _ := strings.Cut(f, "=")
		if err := fold(ctx, library, folder, worldsOf(f), worlds, all); err != nil {
			return err
		}
	}
	for _, r := range all {
		round(r)
	}
	f, err := os.Create(out)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	defer f.Close()
	return all.Write(f, ids)
}

// worldsOf are the worlds behind a FOLDER=.
func worldsOf(fold string) []string {
	_, names, _ := strings.Cut(fold, "=")
	return strings.Split(names, ",")
}

// fold reads the named worlds with the encoder in folder.
func fold(ctx context.Context, library, folder string, names []string, worlds []corpus.World, all learn.Readings) error {
	files, err := encoder.ReadFiles(os.DirFS(folder))
	if err != nil {
		return err
	}
	enc, err := encoder.Open(encoder.Config{Library: library, Files: &files})
	if err != nil {
		return err
	}
	defer enc.Close()
	for i := range worlds {
		w := &worlds[i]
		if !slices.Contains(names, w.Name) {
			continue
		}
		c, err := learn.Classifier(w, learn.Blank(learn.Default.Bits))
		if err != nil {
			return err
		}
		r, err := c.NewReader(ctx, enc)
		if err != nil {
			return err
		}
		var texts []judge.Text
		for k := range w.Posts {
			if _, known := all[w.Posts[k].ID]; !known {
				texts = append(texts, c.Text(w.Posts[k].ID, w.Posts[k].Text))
			}
		}
		read, err := r.Read(ctx, texts)
		if err != nil {
			return err
		}
		pairs := 0
		for k := range read {
			all[texts[k].ID] = read[k]
			pairs += len(read[k].Facts)
		}
		fmt.Printf("%s: %d posts, %d facts beside them\n", w.Name, len(read), pairs)
	}
	return nil
}

// round keeps two decimals: more is noise, and makes the file larger.
func round(r judge.Reading) {
	at := func(x *float32) { *x = float32(math.Round(float64(*x)*100) / 100) }
	for i := range r.Tags {
		at(&r.Tags[i])
	}
	for i := range r.Facts {
		at(&r.Facts[i].Near)
		for k := range r.Facts[i].Stances {
			at(&r.Facts[i].Stances[k])
		}
	}
}
