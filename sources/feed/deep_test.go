package feed

import (
	"strings"
	"testing"

	"earshot/sources"
)

// A feed nested a million deep must be an error, not the end of the process.
func TestADeepFeedIsRefused(t *testing.T) {
	x := &Feed{url: "https://e.org", platform: "feed"}
	n := 1 << 20
	for name, body := range map[string]string{
		"extension": `<rss version="2.0" xmlns:x="urn:x"><channel><item><title>a</title>` + strings.Repeat("<x:a>", n) + `</item></channel></rss>`,
		"atom":      `<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml">` + strings.Repeat("<div>", n),
		"unknown":   `<rss version="2.0"><channel>` + strings.Repeat("<q>", n),
		"json":      `{"version":"https://jsonfeed.org/version/1.1","items":` + strings.Repeat("[", n),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := x.parse(sources.Response{Body: []byte(body)})
			if err == nil {
				t.Error("it was taken")
			}
		})
	}
}
