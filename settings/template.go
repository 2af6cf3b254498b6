package settings

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// readTemplate reads one file of templates/: a YAML head of plain members between two "---" lines, then the text.
func readTemplate(file, base string, b []byte, into map[string]Template, r *report) {
	text := strings.ReplaceAll(string(stripBOM(b)), "\r\n", "\n")
	key := strings.TrimSuffix(base, path.Ext(base))
	if _, again := into[key]; again {
		r.fault(file, 0, "there are two templates called %q; rename one", key)
		return
	}
	rest, ok := strings.CutPrefix(text, "---\n")
	head, body, closed := strings.Cut(rest, "\n---\n")
	if !ok || !closed {
		r.fault(file, 1, "the file must begin with a line ---, then a head such as `name: Redirect a complaint`, then a line ---, then the text")
		return
	}
	t := Template{Body: strings.TrimSpace(body) + "\n"}
	faults := len(r.faults)
	readYAML(file, []byte("\n"+head), &t.Head, r) // the blank line stands for ---, so that line numbers are the file's
	if len(r.faults) == faults && strings.TrimSpace(body) == "" {
		r.fault(file, 3+strings.Count(head, "\n"), "the template has no text after its head")
	}
	into[key] = t
}

// TemplateNames lists the templates in order.
func (f *Folder) TemplateNames() []string { return slices.Sorted(maps.Keys(f.Templates)) }
