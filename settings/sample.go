package settings

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed all:sample
var sample embed.FS

// Sample returns the settings folder of Marrowby District Council, which is invented. A new data folder starts with it when
// EARSHOT_SETTINGS is empty.
func Sample() fs.FS {
	sub, err := fs.Sub(sample, "sample")
	if err != nil {
		panic(err) // the name is a constant
	}
	return fsOnly{sub}
}

// fsOnly leaves the sample mentions out: they are no settings.
type fsOnly struct{ fs.FS }

// ReadDir lists the settings files.
func (f fsOnly) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	kept := entries[:0]
	for _, e := range entries {
		if e.Name() != sampleMentions {
			kept = append(kept, e)
		}
	}
	return kept, err
}

const sampleMentions = "mentions.jsonl"

// SampleMentions returns invented mentions of the sample council, each as one line of JSON, oldest first. The file gives each an age;
// created_at is that long before now. IDs do not change, so that handing them in again adds nothing. The file is part of the program and a
// test reads all of it, so that this cannot fail.
func SampleMentions(now time.Time) [][]byte {
	file, err := sample.ReadFile("sample/" + sampleMentions)
	if err != nil {
		panic(err)
	}
	var out [][]byte
	for i, line := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		m, err := dated(line, now)
		if err != nil {
			panic(fmt.Errorf("sample mentions, line %d: %w", i+1, err))
		}
		out = append(out, m)
	}
	return out
}

// dated replaces the member age by created_at.
func dated(line []byte, now time.Time) ([]byte, error) {
	var m struct {
		Age     string         `json:"age,omitzero"`
		Created time.Time      `json:"created_at,omitzero"`
		Rest    jsontext.Value `json:",embed"`
	}
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, err
	}
	age, err := time.ParseDuration(m.Age)
	if err != nil {
		return nil, err
	}
	m.Age, m.Created = "", now.Add(-age).UTC().Truncate(time.Second)
	return json.Marshal(m)
}
