package text

import "strings"

// furniture lists, as lines of folded tokens, what pages and phones write around a comment. "#" stands for a number or an age such
// as 3h. A line of the text that can be cut into these pieces, wholly or from its end, is not part of the message.
var furniture = split(
	"like reply #", "like reply share", "like reply hide", "like reply", "like comment share", "reply #", "react", "see translation", "see more", "see less",
	"see original", "most relevant", "all comments", "newest", "top fan", "top contributor", "view # more replies", "view more replies", "view # replies", "view replies",
	"write a comment", "write a reply", "# replies", "# reply", "# comments", "# comment", "# shares", "# share", "likes #", "# likes", "edited",
	"author", "follow", "join", "share", "forwarded many times", "forwarded", "hide", "sponsored", "suggested for you", "public group", "anon member #",
	"add a comment", "show more", "translate post", "rate this translation", "views #", "# views", "reposted", "pinned", "read more", "like", "reply",
	"# retweets", "# quotes", "# replies #", "verified", "active now", "just now", "#",
)

func split(lines ...string) map[string][][]string {
	m := map[string][][]string{}
	for _, l := range lines {
		f := strings.Fields(l)
		m[f[0]] = append(m[f[0]], f)
	}
	return m
}

// strong are the pieces that show by themselves that a text was read from a page; the others count only on such a text.
var strong = map[string]bool{
	"like reply #": true, "like reply": true, "like reply share": true, "like reply hide": true, "like comment share": true, "see translation": true,
	"most relevant": true, "top fan": true, "view # more replies": true, "write a comment": true, "forwarded many times": true, "see more": true,
	"# shares": true, "# comments": true, "likes #": true, "all comments": true,
}

// markFurniture flags the page's words. It looks at each line's end and at whole lines only: "like" in a sentence is a word.
func markFurniture(d *Doc) {
	ts := d.Tokens
	lines := 0
	for i := range ts {
		if ts[i].Has(LineStart) {
			lines++
		}
	}
	if lines < 2 {
		return
	}
	for pass := range 2 { // the first finds out whether there is a page at all
		for from := 0; from < len(ts); {
			to := from + 1
			for to < len(ts) && !ts[to].Has(LineStart) {
				to++
			}
			if n, sure := furnitureLine(ts[from:to]); n > 0 {
				if sure {
					d.Screenshot = true
				}
				if pass == 1 && d.Screenshot {
					for k := to - n; k < to; k++ {
						ts[k].Flags |= Furniture
					}
				}
			}
			from = to
		}
		if !d.Screenshot {
			return
		}
	}
}

// maxFurnitureLine bounds the tokens of a line that is searched for furniture: only its last ones.
const maxFurnitureLine = 16

// furnitureLine says how many tokens at the end of a line are furniture: all of a line that is nothing else, or a tail that begins
// with one of the strong pieces. Signs and lone letters between pieces go with them.
func furnitureLine(line []Token) (n int, sure bool) {
	base := max(0, len(line)-maxFurnitureLine)
	for from := base; from < len(line); from++ {
		if k, s := furnitureRun(line[from:]); k && (from == 0 || s) {
			return len(line) - from, s
		}
	}
	return 0, false
}

func furnitureRun(ts []Token) (all, sure bool) {
	pieces := 0
	for i := 0; i < len(ts); {
		t := &ts[i]
		if t.Kind == Punct || t.Kind == Emoji {
			i++
			continue
		}
		best, key := 0, ""
		for _, f := range furniture[furnitureKey(t)] {
			if len(f) > best && matchFurniture(ts[i:], f) {
				best, key = len(f), strings.Join(f, " ")
			}
		}
		if best == 0 {
			if pieces > 0 && len(t.Text) == 1 { // broken icons: "©", "v", "|"
				i++
				continue
			}
			return false, false
		}
		sure = sure || strong[key] && (best > 1)
		pieces++
		i += best
	}
	return pieces > 0, sure
}

func furnitureKey(t *Token) string {
	if t.Kind == Number {
		return "#"
	}
	return t.Text
}

func matchFurniture(ts []Token, f []string) bool {
	if len(ts) < len(f) {
		return false
	}
	for i, w := range f {
		if furnitureKey(&ts[i]) != w {
			return false
		}
	}
	return true
}
