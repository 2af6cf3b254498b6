package roster

import (
	_ "embed"
	"strings"

	"earshot/classify/text"
)

var (
	//go:embed firstnames.txt
	firstNamesFile string
	//go:embed diminutives.txt
	diminutivesFile string

	// firstNames holds names that show, before a surname, that another person is meant, and before a team, that a person is.
	firstNames = set(strings.Fields(firstNamesFile))
	// diminutives maps a full first name to its short forms.
	diminutives = readDiminutives(diminutivesFile)
)

func set(words []string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}

func readDiminutives(s string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(s) {
		if f := strings.Fields(line); len(f) > 1 {
			m[f[0]] = f[1:]
		}
	}
	return m
}

// title says what a word before a surname claims about its bearer.
type title uint8

const (
	noTitle title = iota
	plainTitle
	memberTitle
	seniorTitle
)

var titles = map[string]title{
	"mr": plainTitle, "mrs": plainTitle, "ms": plainTitle, "miss": plainTitle, "mx": plainTitle, "dr": plainTitle, "officer": plainTitle, "sir": plainTitle, "master": plainTitle, "madam": plainTitle,
	"cllr": memberTitle, "clr": memberTitle, "cllrs": memberTitle, "councillor": memberTitle, "councilor": memberTitle, "councillors": memberTitle, "coun": memberTitle, "mayor": memberTitle, "alderman": memberTitle, "leader": memberTitle,
	"cynghorydd": memberTitle, "chief": seniorTitle, "director": seniorTitle,
}

// name is a person's name cut into folded words.
type name struct {
	first []string // "mei", "ling"
	last  []string // "okonjo", "hale"
}

// parseName reads "Cllr Mei-Ling Okonjo-Hale": titles fall away, the last word with its hyphens is the surname.
func parseName(s string) name {
	fields := strings.Fields(s)
	for len(fields) > 1 && titles[strings.TrimSuffix(strings.ToLower(fields[0]), ".")] != noTitle {
		fields = fields[1:]
	}
	if len(fields) == 0 {
		return name{}
	}
	n := name{first: words(fields[0])}
	if len(fields) > 1 {
		n.last = words(fields[len(fields)-1])
	}
	return n
}

func words(s string) []string {
	var out []string
	for _, t := range text.Parse(s).Tokens {
		if (t.Kind == text.Word || t.Kind == text.Number) && t.Text != "'s" {
			out = append(out, t.Text)
		}
	}
	return out
}
