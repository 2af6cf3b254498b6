package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

// cursor is what the next request and the next comparison need.
type cursor struct {
	ETag     string   `json:"etag,omitzero"`
	Modified string   `json:"modified,omitzero"`
	Moved    string   `json:"moved,omitzero"` // where 301 or 308 led from From
	From     string   `json:"from,omitzero"`
	Seen     []string `json:"seen,omitempty"` // 12 hex digits of the item's ID, 12 of its content, oldest sighting first
}

func parseCursor(after sources.Cursor) (c cursor, err error) {
	if after == "" {
		return c, nil
	}
	if json.Unmarshal([]byte(after), &c) != nil {
		return c, sources.Stopf("The place where reading stopped cannot be understood. Remove the source and add it again.")
	}
	return c, nil
}

func (c cursor) encode() sources.Cursor {
	b, err := json.Marshal(c)
	if err != nil { // strings only
		panic(fmt.Sprintf("feed: encode cursor: %v", err))
	}
	return sources.Cursor(b)
}

// compare returns the items of doc that are new or changed since c, oldest first, and the cursor after them.
func (c cursor) compare(doc document, now time.Time) ([]sources.Mention, cursor) {
	known := make(map[string]string, len(c.Seen))
	for _, s := range c.Seen {
		if len(s) == 2*digits {
			known[s[:digits]] = s[digits:]
		}
	}
	var out []sources.Mention
	here := map[string]bool{}
	var seen []string
	for _, m := range doc.items {
		id, content := shortHash(m.ID), shortHash(m.Version()+m.Permalink)
		if here[id] { // twice in one feed
			continue
		}
		here[id] = true
		seen = append(seen, id+content)
		old, ok := known[id]
		switch {
		case ok && old == content:
			continue
		case ok && m.State != sources.Deleted:
			m.State = sources.Edited
			if m.EditedAt.IsZero() {
				m.EditedAt = now
			}
		}
		out = append(out, m)
	}
	kept := slices.DeleteFunc(slices.Clone(c.Seen), func(s string) bool { return len(s) != 2*digits || here[s[:digits]] })
	next := c
	if kept = append(kept, seen...); len(kept) > maxSeen && len(kept) > len(seen) {
		kept = kept[max(0, len(kept)-max(maxSeen, len(seen))):]
	}
	next.Seen = kept
	return out, next
}

// digits of hex: 48 bits for a few thousand items of one feed.
const digits = 12

func shortHash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:digits/2])
}
