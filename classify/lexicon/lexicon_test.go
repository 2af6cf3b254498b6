package lexicon_test

import (
	"fmt"
	"strings"
	"testing"

	"earshot/classify/lexicon"
	"earshot/classify/text"
)

const rules = `
class weapon bat bats knife
class thing {weapon} brick*

rule bring threat
why Brings something.
match bring ..2 {thing}
unless (cricket|butter)

rule start sign
why Begins with well.
match ^ well done

rule end sign
why Ends with again.
match missed [yet] again $

rule many sign
why A number of weeks.
match <num> (week|weeks)
`

func compile(t *testing.T, s string) *lexicon.Book {
	t.Helper()
	b, err := lexicon.Compile(map[string]string{"rules": s})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// found is what the rules say about s: name and words of each hit.
func found(b *lexicon.Book, s string) string {
	d := text.Parse(s)
	items := d.Items(nil, nil)
	var out []string
	for _, h := range b.Reader().Read(items) {
		start, end := d.Span(items[h.From].From, items[h.To-1].To)
		out = append(out, fmt.Sprintf("%s %q", h.Rule.Name, s[start:end]))
	}
	return strings.Join(out, "; ")
}

func TestRead(t *testing.T) {
	b := compile(t, rules)
	for _, c := range []struct{ in, want string }{
		{"Bring bats, all of you", `bring "Bring bats"`},
		{"bring your own knife", `bring "bring your own knife"`},
		{"bring me a very big knife", ``},
		{"bring bricks", `bring "bring bricks"`},
		{"bring the cricket bat", ``},
		{"Bring. Bats fly at night", ``},
		{"bring a b@t", `bring "bring a b@t"`},
		{"Well done. not well done", `start "Well done"`},
		{"missed again", `end "missed again"`},
		{"missed yet again.", `end "missed yet again"`},
		{"missed again today", ``},
		{"for 6 weeks", `many "6 weeks"`},
		{"", ``},
	} {
		if got := found(b, c.in); got != c.want {
			t.Errorf("%q gives %s, not %s", c.in, got, c.want)
		}
	}
}

func TestCompileNamesEveryFault(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"unknown word":      {"colour red", "line 1"},
		"unknown class":     {"rule a b\nwhy c.\nmatch {d}", "{d}"},
		"class in itself":   {"class a {b}\nclass b {a}", "stands inside itself"},
		"short beginning":   {"class a ab*", "at least 3"},
		"gap first":         {"rule a b\nwhy c.\nmatch ..3 d", "first element"},
		"no reason":         {"rule a b\nmatch c", "needs why"},
		"rule twice":        {"rule a b\nwhy c.\nmatch d\nrule a b\nwhy c.\nmatch d", "there twice"},
		"match before rule": {"match a", "before any rule"},
		"wide gap":          {"rule a b\nwhy c.\nmatch d ..99 e", "..1 to ..30"},
	} {
		if _, err := lexicon.Compile(map[string]string{"rules": c.in}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v does not say %q", name, err, c.want)
		}
	}
}

func TestReaderForgets(t *testing.T) {
	b := compile(t, rules)
	r := b.Reader()
	long := text.Parse(strings.Repeat("bring bats ", 50)).Items(nil, nil)
	if n := len(r.Read(long)); n != 50 {
		t.Fatalf("%d hits", n)
	}
	if h := r.Read(text.Parse("nothing").Items(nil, nil)); len(h) != 0 {
		t.Errorf("hits of the text before: %v", h)
	}
}
