package machinetest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
)

// TextsEnv names a gzipped file of JSON lines with a text member, for benchmarks on real words.
const TextsEnv = "EARSHOT_BENCH_TEXT"

// Texts returns the texts of that file that are shorter than 4,000 bytes, nil where none is named. It panics when the file cannot be read.
var Texts = sync.OnceValue(func() []string {
	path := os.Getenv(TextsEnv)
	if path == "" {
		return nil
	}
	texts, err := readTexts(path)
	if err != nil || len(texts) == 0 {
		panic(fmt.Sprintf("%s: %d texts, %v", path, len(texts), err))
	}
	return texts
})

func readTexts(path string) (texts []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var line struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, err
		}
		if strings.TrimSpace(line.Text) != "" && len(line.Text) < 4000 {
			texts = append(texts, line.Text)
		}
	}
	return texts, lines.Err()
}
