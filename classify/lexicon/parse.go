package lexicon

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// source is what a file says, before words have numbers.
type source struct {
	classes map[string][]string
	rules   []ruleSource
}

type ruleSource struct {
	name, file    string
	line          int
	tags          []string
	why           string
	match, unless []string
}

// read parses one file:
//
//	# a comment
//	class NAME word word word*        words of a class; may be repeated; {other} includes another class
//	rule NAME TAG TAG                 begins a rule; tags say what it speaks for
//	why A sentence for officers.
//	match PATTERN                     any of several
//	unless PATTERN                    the rule is silent in a sentence where this matches
//
// A pattern is a list of elements: word; word* (a beginning of at least three letters); (a|b|c); {class}; [element] optional; ..N up to
// N items of any kind; ^ the start of a sentence; $ its end.
func (s *source) read(file, text string) error {
	sc := bufio.NewScanner(strings.NewReader(text))
	var cur *ruleSource
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		rest = strings.TrimSpace(rest)
		fail := func(format string, args ...any) error {
			return fmt.Errorf("lexicon: %s line %d: %s", file, n, fmt.Sprintf(format, args...))
		}
		switch word {
		case "class":
			f := strings.Fields(rest)
			if len(f) < 2 {
				return fail("a class needs a name and words")
			}
			s.classes[f[0]] = append(s.classes[f[0]], f[1:]...)
		case "rule":
			f := strings.Fields(rest)
			if len(f) < 2 {
				return fail("a rule needs a name and a tag")
			}
			s.rules = append(s.rules, ruleSource{name: f[0], tags: f[1:], file: file, line: n})
			cur = &s.rules[len(s.rules)-1]
		case "why", "match", "unless":
			if cur == nil {
				return fail("%s stands before any rule", word)
			}
			if rest == "" {
				return fail("%s is empty", word)
			}
			switch word {
			case "why":
				cur.why = rest
			case "match":
				cur.match = append(cur.match, rest)
			default:
				cur.unless = append(cur.unless, rest)
			}
		default:
			return fail("a line begins with class, rule, why, match or unless, not with %q", word)
		}
	}
	return sc.Err()
}

// resolve replaces classes inside classes by their words.
func (s *source) resolve() error {
	for name := range s.classes {
		words, err := s.wordsOf(name, 0)
		if err != nil {
			return err
		}
		s.classes[name] = words
	}
	return nil
}

// maxNested bounds how deep classes may stand in classes, so that two that hold each other are an error.
const maxNested = 8

func (s *source) wordsOf(name string, depth int) ([]string, error) {
	raw, ok := s.classes[name]
	if !ok || depth > maxNested {
		return nil, fmt.Errorf("lexicon: class %s is not known, or stands inside itself", name)
	}
	var out []string
	for _, w := range raw {
		if other, ok := strings.CutPrefix(w, "{"); ok {
			words, err := s.wordsOf(strings.TrimSuffix(other, "}"), depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, words...)
			continue
		}
		if p, ok := strings.CutSuffix(w, "*"); ok && len(p) < minPrefix {
			return nil, fmt.Errorf("lexicon: class %s: a beginning has at least %d letters, not %q", name, minPrefix, w)
		}
		out = append(out, w)
	}
	return out, nil
}

// minPrefix is the length of the shortest beginning: shorter ones would match half the language.
const minPrefix = 3

// element is one step of a pattern.
type element struct {
	words    []string
	gap      int // 0: a word; n: up to n items of any kind
	optional bool
	start    bool // ^
	end      bool // $
}

// parsePattern reads one pattern.
func (s *source) parsePattern(p string) ([]element, error) {
	var out []element
	for _, f := range strings.Fields(p) {
		var e element
		if in, ok := strings.CutPrefix(f, "["); ok {
			e.optional = true
			f = strings.TrimSuffix(in, "]")
		}
		switch {
		case f == "^":
			e.start = true
		case f == "$":
			e.end = true
		case strings.HasPrefix(f, ".."):
			n, err := strconv.Atoi(f[2:])
			if err != nil || n < 1 || n > 30 {
				return nil, fmt.Errorf("%s: a gap is ..1 to ..30", f)
			}
			e.gap = n
		case strings.HasPrefix(f, "(") != strings.HasSuffix(f, ")"):
			return nil, fmt.Errorf("%s: a choice is of single words: (a|b|c)", f)
		case strings.HasPrefix(f, "("):
			for _, w := range strings.Split(strings.TrimSuffix(f[1:], ")"), "|") {
				if c, ok := strings.CutPrefix(w, "{"); ok {
					words := s.classes[strings.TrimSuffix(c, "}")]
					if words == nil {
						return nil, fmt.Errorf("class %s is not known", w)
					}
					e.words = append(e.words, words...)
					continue
				}
				e.words = append(e.words, w)
			}
		case strings.HasPrefix(f, "{"):
			e.words = s.classes[strings.TrimSuffix(f[1:], "}")]
			if e.words == nil {
				return nil, fmt.Errorf("class %s is not known", f)
			}
		default:
			e.words = []string{f}
		}
		out = append(out, e)
	}
	i := 0
	for i < len(out) && out[i].start {
		i++
	}
	if i >= len(out) || out[i].gap > 0 || out[i].optional || out[i].end {
		return nil, fmt.Errorf("%q: the first element must be a word, a choice or a class", p)
	}
	return out, nil
}
