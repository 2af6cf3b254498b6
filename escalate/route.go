package escalate

import (
	"earshot/classify"
	"earshot/settings"
)

// Table is a compiled route table with everything of the settings that deciding and mailing need. It does not change.
type Table struct{ Warnings []string }

// CompileRoutes compiles routes.yaml, or the default routes over council.yaml's inboxes when it is empty. All faults are reported in one
// error, as settings.Fault sentences. Warnings of the Table name what works but should be mended, such as an inbox without address.
func CompileRoutes(f *settings.Folder) (*Table, error) { return &Table{}, nil }

// Decide says where a tagged mention goes and why. It is a pure function: nothing is sent or stored.
func (t *Table) Decide(tagged *classify.Tagged) []Decision { return nil }
