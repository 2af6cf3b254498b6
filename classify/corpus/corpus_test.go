package corpus_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/classify"
	"earshot/classify/corpus"
)

// TestPostsAreSound checks every post against the codebook's words and its own world.
func TestPostsAreSound(t *testing.T) {
	worlds, err := corpus.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	ids, n, versions := map[string]bool{}, 0, 0
	for i := range worlds {
		w := &worlds[i]
		facts, names, touch := map[string]bool{}, map[string]bool{}, map[string]map[string]string{}
		for _, f := range w.Facts {
			facts[f.ID] = true
		}
		for _, p := range w.People {
			names[p.Name] = true
		}
		for k := range w.Posts {
			p := &w.Posts[k]
			n++
			fault := func(what string) { t.Errorf("%s %s: %s", w.Name, p.ID, what) }
			if p.ID == "" || ids[p.ID] || strings.TrimSpace(p.Text) == "" {
				fault("no text, or an id that is there twice")
			}
			ids[p.ID] = true
			for _, l := range p.Labels {
				if !slices.Contains(classify.Labels, classify.Label(l)) {
					fault("label " + l)
				}
			}
			for _, r := range p.Risk {
				if !slices.Contains(classify.Risks, classify.Risk(r)) {
					fault("risk " + r)
				}
			}
			for id, stance := range p.Facts {
				if !facts[id] || !slices.Contains([]string{"contradicts", "agrees", "asks", "quotes"}, stance) {
					fault("a fact that is not on the register, or a stance that there is not: " + id + " " + stance)
				}
			}
			for _, o := range p.Officers {
				if o.Name != "" && !names[o.Name] || !strings.Contains(p.Text, o.Words) {
					fault("an officer who is not on the roster, or words that are not in the text: " + o.Name)
				}
			}
			if p.Has("abuse") && p.Target == "" {
				fault("abuse without a target")
			}
			touch[p.ID] = p.Facts
		}
		for _, v := range w.Versions {
			versions++
			if !facts[v.Of] || strings.TrimSpace(v.Statement) == "" || corpus.Final(w.Name) {
				t.Errorf("%s: a version of %s, which is not on the register or not to be learnt from, or an empty one", w.Name, v.Of)
			}
			for id, stance := range v.Stances {
				if touch[id][v.Of] == "" || !slices.Contains([]string{"contradicts", "agrees", "asks", "quotes", "none"}, stance) {
					t.Errorf("%s: %q of post %s, which does not touch %s, or a stance that there is not", w.Name, stance, id, v.Of)
				}
			}
		}
	}
	if versions < 1000 {
		t.Errorf("only %d versions of facts", versions)
	}
	if n < 10000 {
		t.Errorf("only %d posts", n)
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), "no posts") {
		t.Errorf("an empty folder: %v", err)
	}
	write := func(name, s string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("world1.json", `{}`)
	write("posts1.jsonl", "{\"id\":\"1\",\"text\":\"a\"}\nnot json\n")
	if _, err := corpus.Load(dir); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a broken line: %v", err)
	}
}
