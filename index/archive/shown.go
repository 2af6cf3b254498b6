package archive

import (
	"earshot/casework"
	"earshot/index"
)

// Shown puts found records in the order of ids and leaves out what v may not see. An id named twice is there twice.
func Shown(found []index.Record, ids []string, v casework.Viewer) []index.Record {
	byID := make(map[string]*index.Record, len(found))
	for i := range found {
		byID[found[i].Mention.ID] = &found[i]
	}
	out := make([]index.Record, 0, len(found))
	for _, id := range ids {
		if rec := byID[id]; rec != nil {
			if shown, ok := rec.For(v); ok {
				out = append(out, shown)
			}
		}
	}
	return out
}
