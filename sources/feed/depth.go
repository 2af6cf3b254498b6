package feed

import "bytes"

// maxDepth is how deep elements may lie in each other. Real feeds stay under 50; the parser's work grows with the square of the depth.
const maxDepth = 1000

// tooDeep looks at the tags of XML, without understanding more of it than comments, CDATA and quoted attributes.
func tooDeep(b []byte) bool {
	depth := 0
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 || i+1 >= len(b) {
			return false
		}
		b = b[i:]
		switch {
		case bytes.HasPrefix(b, []byte("<!--")):
			b = after(b, "-->")
		case bytes.HasPrefix(b, []byte("<![CDATA[")):
			b = after(b, "]]>")
		case b[1] == '?' || b[1] == '!':
			b = after(b, ">")
		case b[1] == '/':
			depth--
			b = after(b, ">")
		default:
			n := tagLength(b)
			if n < 2 || b[n-2] != '/' {
				depth++
			}
			b = b[n:]
		}
		if depth > maxDepth {
			return true
		}
	}
}

func after(b []byte, end string) []byte {
	if i := bytes.Index(b, []byte(end)); i >= 0 {
		return b[i+len(end):]
	}
	return nil
}

// tagLength is the length of the tag b begins with, to its ">".
func tagLength(b []byte) int {
	var quote byte
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1
		}
	}
	return len(b)
}
