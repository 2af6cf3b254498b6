package main

import (
	"bytes"
	"fmt"
	"os"
)

// The lines of a model card between which the figures stand.
const (
	cardBegin = "<!-- figures -->\n"
	cardEnd   = "<!-- end of figures -->"
)

// writeCard puts the figures into the card.
func writeCard(path string, figures []byte) error {
	card, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	before, rest, ok := bytes.Cut(card, []byte(cardBegin))
	_, after, found := bytes.Cut(rest, []byte(cardEnd))
	if !ok || !found {
		return fmt.Errorf("eval: %s has no place for figures: the lines %q and %q", path, cardBegin, cardEnd)
	}
	out := bytes.Join([][]byte{before, []byte(cardBegin), []byte("```\n"), bytes.TrimSpace(figures), []byte("\n```\n"), []byte(cardEnd), after}, nil)
	if err := os.WriteFile(path, out, 0o644); err != nil {
		return fmt.Errorf("eval: %w", err)
	}
	return nil
}
