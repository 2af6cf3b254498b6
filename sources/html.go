package sources

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Document is what HTMLToText finds.
type Document struct {
	Text   string   // paragraphs kept apart, entities decoded once, markup gone
	Links  []string // of anchors to http and https, in order, each once; not of hashtags and handles
	Images []Media  // with their alternative text
}

var markup = regexp.MustCompile(`<(?:[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?|/[a-zA-Z][a-zA-Z0-9]*\s*|!--)>?|&(?:[a-zA-Z]{2,8}|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});`)

// looksLikeHTML says that s holds a tag or an entity.
func looksLikeHTML(s string) bool {
	return strings.ContainsAny(s, "<&") && markup.MatchString(s)
}

// HTMLToText reads HTML from outside. It fetches nothing, runs nothing and never fails; scripts, styles and hidden parts are left out.
func HTMLToText(src string) Document {
	w := htmlWalk{}
	z := html.NewTokenizer(strings.NewReader(src))
	z.SetMaxBuf(MaxTextBytes * 2)
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.doc.Text = CleanText(w.text.String())
			return w.doc
		case html.TextToken:
			w.words(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			w.start(t)
		case html.EndTagToken:
			t := z.Token()
			w.end(t)
		}
	}
}

// htmlWalk turns a run of tokens into text. Unbalanced tags do no harm: only skip is counted, and only within its own element.
type htmlWalk struct {
	doc  Document
	text strings.Builder
	skip atom.Atom // element whose content is left out
	deep int       // of skip within itself
	pre  int
}

func (w *htmlWalk) words(s string) {
	if w.skip != 0 {
		return
	}
	if w.pre == 0 {
		s = strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == '\t' {
				return ' '
			}
			return r
		}, s)
	}
	w.text.WriteString(s)
}

func (w *htmlWalk) start(t html.Token) {
	if w.skip != 0 {
		if t.DataAtom == w.skip && t.Type == html.StartTagToken {
			w.deep++
		}
		return
	}
	if t.Type == html.StartTagToken && (isLeftOut(t.DataAtom) || isInvisible(t) && !isVoid(t.DataAtom)) {
		w.skip, w.deep = t.DataAtom, 1
		return
	}
	switch t.DataAtom {
	case atom.Br:
		w.text.WriteByte('\n')
	case atom.Hr:
		w.text.WriteString("\n\n")
	case atom.Pre, atom.Textarea:
		w.pre++
		w.text.WriteString("\n\n")
	case atom.Ul, atom.Ol:
		w.text.WriteByte('\n')
	case atom.Li:
		w.text.WriteString("\n- ")
	case atom.Td, atom.Th:
		w.text.WriteByte(' ')
	case atom.A:
		w.anchor(t)
	case atom.Img:
		w.image(t)
	default:
		w.text.WriteString(gapAround(t.DataAtom))
	}
}

func (w *htmlWalk) end(t html.Token) {
	if w.skip != 0 {
		if t.DataAtom == w.skip {
			if w.deep--; w.deep == 0 {
				w.skip = 0
			}
		}
		return
	}
	switch t.DataAtom {
	case atom.Pre, atom.Textarea:
		w.pre = max(0, w.pre-1)
		w.text.WriteString("\n\n")
	case atom.Ul, atom.Ol:
		w.text.WriteByte('\n')
	case atom.Li:
	default:
		w.text.WriteString(gapAround(t.DataAtom))
	}
}

func (w *htmlWalk) anchor(t html.Token) {
	class := " " + attr(t, "class") + " "
	if strings.Contains(class, " hashtag ") || strings.Contains(class, " mention ") { // Mastodon: the text says it already
		return
	}
	if u := CleanURL(attr(t, "href")); u != "" && len(w.doc.Links) < maxLinks && !slices.Contains(w.doc.Links, u) {
		w.doc.Links = append(w.doc.Links, u)
	}
}

func (w *htmlWalk) image(t html.Token) {
	alt, class := attr(t, "alt"), attr(t, "class")
	if strings.Contains(class, "emoji") || strings.Contains(class, "smiley") {
		w.text.WriteString(alt)
		return
	}
	if attr(t, "width") == "1" || attr(t, "height") == "1" { // a counting pixel
		return
	}
	if src := webURL(attr(t, "src")); src != "" && len(w.doc.Images) < maxMedia {
		w.doc.Images = append(w.doc.Images, Media{Type: "image", URL: src, Alt: alt})
	}
}

func isLeftOut(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Head, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Math, atom.Title,
		atom.Select, atom.Audio, atom.Video, atom.Canvas:
		return true
	}
	return false
}

func isVoid(a atom.Atom) bool {
	return a == atom.Br || a == atom.Img || a == atom.Hr || a == atom.Input || a == atom.Wbr || a == atom.Link || a == atom.Meta
}

// isInvisible says that the page does not show the element. Mastodon's class "invisible" is another thing: it shortens the look of
// a link whose whole text is wanted.
func isInvisible(t html.Token) bool {
	for _, a := range t.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			s := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			return strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden")
		}
	}
	return false
}

func gapAround(a atom.Atom) string {
	switch a {
	case atom.P, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Figure, atom.Section,
		atom.Article, atom.Dl:
		return "\n\n"
	case atom.Div, atom.Tr, atom.Figcaption, atom.Dt, atom.Dd, atom.Header, atom.Footer, atom.Address, atom.Details, atom.Summary:
		return "\n"
	}
	return ""
}

func attr(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// PlainText is HTMLToText when s looks like HTML, else CleanText.
func PlainText(s string) string {
	if looksLikeHTML(s) {
		return HTMLToText(s).Text
	}
	return CleanText(s)
}
