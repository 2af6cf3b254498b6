package sources

import (
	"slices"
	"strings"
)

// ListOption reads an option that holds several names, separated by commas or spaces, without repetitions.
func ListOption(s string) []string {
	var out []string
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		if !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}
