// Command train fits the classifier's model to the corpus and writes it with its SHA-256. The same corpus and seed give the same
// bytes.
//
//	go run ./classify/train [-corpus DIR] [-readings FILE] [-out DIR]
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"earshot/classify/corpus"
	"earshot/classify/learn"
)

func main() {
	dir := flag.String("corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	read := flag.String("readings", "classify/train/considered/readings.jsonl.zst", "what encoders say of posts they had not seen")
	out := flag.String("out", "classify/judge/model", "folder for model.bin and model.sha256")
	flag.Parse()
	if err := run(*dir, *read, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, read, out string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	worlds = slices.DeleteFunc(worlds, func(w corpus.World) bool { return corpus.Final(w.Name) })
	var readings learn.Readings // none: the fast layer only
	if read != "" {
		if readings, err = learn.LoadReadings(read); err != nil {
			return err
		}
	}
	sets, err := learn.Sets(learn.Default, worlds, readings)
	if err != nil {
		return err
	}
	l, err := learn.Learn(learn.Default, sets)
	if err != nil {
		return err
	}
	file, err := l.Model().Write()
	if err != nil {
		return err
	}
	if len(file) > maxModelBytes {
		return fmt.Errorf("train: the model is %d bytes, more than the %d allowed", len(file), maxModelBytes)
	}
	sum := sha256.Sum256(file)
	if err := os.WriteFile(filepath.Join(out, "model.bin"), file, 0o644); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if err := os.WriteFile(filepath.Join(out, "model.sha256"), []byte(hex.EncodeToString(sum[:])+"\n"), 0o644); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	fmt.Printf("%d bytes, SHA-256 %x\n", len(file), sum)
	return nil
}

// maxModelBytes is what the program may carry.
const maxModelBytes = 4 << 20
