package index

// Spans returns the byte ranges of text that made q match it, for pages to mark: sorted, without overlap.
func Spans(q Query, text string) [][2]int { return nil }
