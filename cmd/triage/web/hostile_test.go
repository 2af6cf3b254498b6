package web_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/classify"
	"earshot/sources"
)

const hostileID = "x:<script>alert(1)</script>\"'/../%2e%2e"

// hostileTexts are words that try to be something else.
var hostileTexts = []string{
	`<script>document.title='owned'</script><img src=x onerror="document.title='owned'">`,
	`"><svg onload=alert(1)>{{.Person.Hash}} {{template "base.html"}} ${7*7}`,
	"\u202Egnirts desrever\u202C and \u2066isolated\u2069 \u200b\u200d\ufeff",
	"e" + strings.Repeat("\u0301", 10_000),
	strings.Repeat("w", 40<<10),
	"مرحبا بالعالم — זה טקסט מימין לשמאל",
	"javascript:alert(1) data:text/html,<b>x</b>\x00\x07\r\n</textarea></blockquote></main>",
}

// hostile adds one mention of every hostile text, in every field that pages show.
func hostile(w *world) {
	for i, text := range hostileTexts {
		m := mention(hostileID, text, time.Duration(i)*time.Minute)
		if i > 0 {
			m.ID += strings.Repeat("x", i)
		}
		m.Platform, m.Title, m.Author = "x", text, sources.Author{Handle: text[:min(len(text), 300)], Name: text[:min(len(text), 300)]}
		m.Permalink, m.Media = "javascript://x.example/%0aalert(1)", []sources.Media{{Type: "image", URL: "data:text/html,<script>alert(1)</script>", Alt: text[:min(len(text), 500)]}}
		m.Text = strings.ToValidUTF8(text, "")
		w.add(classify.Tagged{Mention: m, Verdict: classify.Verdict{ID: m.ID, Labels: []classify.Label{classify.Complaint}, Model: text[:min(len(text), 50)],
			Reasons: []classify.Reason{{Label: "complaint", Start: 0, End: 1, Why: text[:min(len(text), 200)]}, {Label: "complaint", Start: 5, End: 1 << 30, Why: "out of range"}}}})
		must(w.Append(context.Background(), []casework.Event{{ID: casework.DerivedID("hostile", m.ID), Mention: m.ID, Type: casework.Noted, At: start, Note: text,
			By: casework.Actor{Kind: "person", ID: "p", Name: text[:min(len(text), 100)]}, Link: "javascript:alert(2)"}}))
	}
}

// picture is a small PNG.
func picture(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 60, 40))
	for x := range 60 {
		img.Set(x, x%40, color.RGBA{200, 30, 30, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// report sends the form of the report page.
func report(t testing.TB, b *browser, files map[string][]byte) *answer {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for k, v := range map[string]string{"form_token": b.token(), "note": "seen this morning", "relation": "council"} {
		if err := form.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		part, err := form.CreateFormFile("files", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(part, bytes.NewReader(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := b.request(http.MethodPost, "/report", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}
