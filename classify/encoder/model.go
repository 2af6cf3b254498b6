package encoder

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// Files are what a model consists of.
type Files struct {
	Model      []byte // ONNX
	Vocabulary []byte // one piece a line
	Manifest   []byte // JSON, see Manifest
	Sums       []byte // SHA-256 of each of the above, as sha256sum writes them
}

// The names of the files, in a folder and in Files.Sums.
const (
	modelName      = "model.onnx"
	vocabularyName = "vocab.txt"
	manifestName   = "manifest.json"
	sumsName       = "SHA256SUMS"
)

var (
	//go:embed model/model.onnx
	shippedModel []byte
	//go:embed model/vocab.txt
	shippedVocabulary []byte
	//go:embed model/manifest.json
	shippedManifest []byte
	//go:embed model/SHA256SUMS
	shippedSums []byte
)

// Shipped is the model inside the program.
func Shipped() Files {
	return Files{shippedModel, shippedVocabulary, shippedManifest, shippedSums}
}

// ReadFiles reads a model from a folder.
func ReadFiles(folder fs.FS) (Files, error) {
	var f Files
	for name, to := range map[string]*[]byte{modelName: &f.Model, vocabularyName: &f.Vocabulary, manifestName: &f.Manifest, sumsName: &f.Sums} {
		b, err := fs.ReadFile(folder, name)
		if err != nil {
			return Files{}, fmt.Errorf("%w: %w", ErrModel, err)
		}
		*to = b
	}
	return f, nil
}

// check compares every file with its SHA-256.
func (f Files) check() error {
	sums := map[string]string{}
	for line := range strings.Lines(string(f.Sums)) {
		if fields := strings.Fields(line); len(fields) == 2 {
			sums[strings.TrimPrefix(fields[1], "*")] = fields[0]
		}
	}
	for name, file := range map[string][]byte{modelName: f.Model, vocabularyName: f.Vocabulary, manifestName: f.Manifest} {
		if len(file) == 0 {
			return fmt.Errorf("%w: its %s is empty", ErrModel, name)
		}
		sum := sha256.Sum256(file)
		if got := hex.EncodeToString(sum[:]); got != sums[name] {
			return fmt.Errorf("%w: the SHA-256 of its %s is %s, not %q", ErrModel, name, got, sums[name])
		}
	}
	return nil
}

// Manifest says what a model's numbers are.
type Manifest struct {
	Version string   `json:"version"`
	Heads   []string `json:"heads"` // names of the numbers in Output.Tags
	Pairs   []string `json:"pairs"` // names of the numbers in Output.Pair
	Dim     int      `json:"dim"`   // how many numbers Output.Embedding has
	Max     int      `json:"max"`   // pieces of the longest text it was trained on; MaxPieces
	// Batch is how many texts may go through the model together; 0 means 1. A model that takes one scale from all the numbers of a
	// layer, as dynamic quantisation does, gives a text other numbers in other company and must have 1.
	Batch int `json:"batch"`
}

// maxBatch bounds Manifest.Batch, and with it the memory that one run takes.
const maxBatch = 64

func readManifest(file []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(file, &m); err != nil {
		return m, fmt.Errorf("%w: its manifest: %w", ErrModel, err)
	}
	m.Batch = max(1, m.Batch)
	switch {
	case m.Version == "":
		return m, fmt.Errorf("%w: its manifest has no version", ErrModel)
	case len(m.Heads) == 0 || len(m.Pairs) == 0 || slices.Contains(m.Heads, "") || slices.Contains(m.Pairs, ""):
		return m, fmt.Errorf("%w: its manifest does not name every number", ErrModel)
	case m.Dim < 1 || m.Max != MaxPieces || m.Batch > maxBatch:
		return m, fmt.Errorf("%w: its manifest has dim %d, max %d, batch %d; this program needs dim 1 or more, max %d, batch at most %d",
			ErrModel, m.Dim, m.Max, m.Batch, MaxPieces, maxBatch)
	}
	return m, nil
}
