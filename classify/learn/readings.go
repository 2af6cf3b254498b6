package learn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"earshot/classify/corpus"
	"earshot/classify/judge"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// readLine is a line of a file of readings.
type readLine struct {
	ID   string        `json:"id"`
	Read judge.Reading `json:"read"`
}

// LoadReadings reads a file that Write wrote.
func LoadReadings(path string) (Readings, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	defer z.Close()
	data, err := z.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("learn: %s: %w", path, err)
	}
	lines, err := corpus.Lines[readLine](path, data)
	if err != nil {
		return nil, fmt.Errorf("learn: %w", err)
	}
	out := make(Readings, len(lines))
	for _, l := range lines {
		out[l.ID] = l.Read
	}
	return out, nil
}

// Write writes the readings of the posts with the given ids, in that order, as compressed lines of JSON.
func (r Readings) Write(w io.Writer, ids []string) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	for _, id := range ids {
		b, err := json.Marshal(readLine{id, r[id]})
		if err == nil {
			_, err = z.Write(append(b, '\n'))
		}
		if err != nil {
			return errors.Join(fmt.Errorf("learn: write readings: %w", err), z.Close())
		}
	}
	return z.Close()
}

// Recorded answers with readings made before; the ID of a text is that of its post.
type Recorded struct{ Readings Readings }

var _ judge.Reader = Recorded{}

// Read fails for a text that was never read.
func (r Recorded) Read(ctx context.Context, texts []judge.Text) ([]judge.Reading, error) {
	out := make([]judge.Reading, len(texts))
	for i := range texts {
		got, ok := r.Readings[texts[i].ID]
		if !ok {
			return nil, fmt.Errorf("learn: the encoder has not read %s", texts[i].ID)
		}
		out[i] = got
	}
	return out, ctx.Err()
}
