// Command train fits the fast classifier's model to the corpus and writes it with its SHA-256. The same corpus and seed give the same
// bytes.
//
//	go run ./classify/train [-corpus DIR] [-out DIR]
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"earshot/classify/corpus"
	"earshot/classify/learn"
)

func main() {
	dir := flag.String("corpus", "classify/corpus", "folder with posts*.jsonl and world*.json")
	out := flag.String("out", "classify/judge/model", "folder for model.bin and model.sha256")
	flag.Parse()
	if err := run(*dir, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	worlds, err := corpus.Load(dir)
	if err != nil {
		return err
	}
	sets, err := learn.Sets(learn.Default, worlds)
	if err != nil {
		return err
	}
	m, err := learn.Train(learn.Default, sets)
	if err != nil {
		return err
	}
	file, err := m.Write()
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
