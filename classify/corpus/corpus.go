package corpus

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"earshot/settings"

	"github.com/go-json-experiment/json"
)

// Post is one labelled post.
type Post struct {
	ID       string   `json:"id"`
	Platform string   `json:"platform"`
	Text     string   `json:"text"`
	Labels   []string `json:"labels"`
	Target   string   `json:"target"`
	Risk     []string `json:"risk"`
	Officers []Named  `json:"officers"` // the junior officers it identifies
	// Facts says how the post stands to each fact that it touches: contradicts, agrees, asks or quotes.
	Facts   map[string]string `json:"facts"`
	Service string            `json:"service"`
	Pair    string            `json:"pair"` // the contrast of this post
	Why     string            `json:"why"`
}

// Named is somebody whom a post identifies.
type Named struct {
	Name  string `json:"name"`  // as on the roster; empty for somebody who is not on it
	Words string `json:"words"` // the words of the text that identify them
}

// Facing lists the facts to which the post stands in the given way, sorted.
func (p *Post) Facing(stance string) []string {
	var out []string
	for id, s := range p.Facts {
		if s == stance {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// Has reports whether the post carries the label.
func (p *Post) Has(label string) bool { return slices.Contains(p.Labels, label) }

// World is one invented council with the posts about it.
type World struct {
	Name    string // posts1
	Council settings.Council
	People  []settings.Person
	Facts   []settings.Fact
	Posts   []Post
	// Versions are the facts as another register might have them. No register holds them: they only teach how texts compare with facts.
	Versions []Version
}

// Version is a fact worded or decided otherwise.
type Version struct {
	Of        string            `json:"of"` // the fact
	Statement string            `json:"statement"`
	Stances   map[string]string `json:"stances"` // of each post that touches the fact, to this version: as in Post.Facts, or none
}

type worldFile struct {
	Council struct {
		Name    string   `json:"name"`
		Aliases []string `json:"aliases"`
	} `json:"council"`
	Senior []person `json:"senior_officers"`
	Junior []person `json:"junior_officers"`
	Member []person `json:"members"`
	Facts  []struct {
		ID   string `json:"id"`
		Fact string `json:"fact"`
	} `json:"facts"`
}

type person struct {
	Name string `json:"name"`
	Job  string `json:"job"`
	Team string `json:"team"`
	Role string `json:"role"`
}

// Final reports whether a world is kept for the final figures: nothing is learnt from it and no threshold chosen on it.
func Final(world string) bool { return slices.Contains(final, world) }

var final = []string{"posts12", "posts17", "posts96"}

// Load reads every world of a folder, in the order of their names.
func Load(dir string) ([]World, error) {
	files, err := filepath.Glob(filepath.Join(dir, "posts*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("corpus: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("corpus: no posts*.jsonl in %s", dir)
	}
	slices.SortFunc(files, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }) // posts2 before posts10
	var out []World
	for _, f := range files {
		w, err := loadWorld(f)
		if err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
		out = append(out, w)
	}
	return out, nil
}

func loadWorld(posts string) (World, error) {
	w := World{Name: strings.TrimSuffix(filepath.Base(posts), ".jsonl")}
	number := strings.TrimPrefix(w.Name, "posts")
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(posts), "world"+number+".json"))
	if err != nil {
		return w, err
	}
	var wf worldFile
	if err := json.Unmarshal(raw, &wf); err != nil {
		return w, fmt.Errorf("world%s.json: %w", number, err)
	}
	w.Council = settings.Council{Name: wf.Council.Name, Aliases: wf.Council.Aliases}
	w.People = append(w.People, people(wf.Senior, settings.Senior)...)
	w.People = append(w.People, people(wf.Junior, settings.Junior)...)
	w.People = append(w.People, people(wf.Member, settings.Member)...)
	for _, f := range wf.Facts {
		w.Facts = append(w.Facts, settings.Fact{ID: f.ID, Statement: f.Fact})
	}
	if w.Posts, err = read[Post](posts); err != nil {
		return w, err
	}
	w.Versions, err = read[Version](filepath.Join(filepath.Dir(posts), "versions"+number+".jsonl"))
	if errors.Is(err, fs.ErrNotExist) { // worlds kept for the final figures have none
		err = nil
	}
	return w, err
}

func read[T any](file string) ([]T, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Lines[T](filepath.Base(file), data)
}

// Lines reads the data of a file of one JSON value a line, without members that T does not know.
func Lines[T any](name string, data []byte) ([]T, error) {
	var out []T
	n := 0
	for line := range bytes.Lines(data) {
		n++
		var v T
		if err := json.Unmarshal(line, &v, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("%s line %d: %w", name, n, err)
		}
		out = append(out, v)
	}
	return out, nil
}

func people(ps []person, g settings.Grade) []settings.Person {
	out := make([]settings.Person, 0, len(ps))
	for _, p := range ps {
		out = append(out, settings.Person{Name: p.Name, Job: p.Job + p.Role, Team: p.Team, Grade: g})
	}
	return out
}
