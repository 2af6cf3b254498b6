package upload

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
)

// form makes a multipart request; a part's name that begins with "files=" is a file of that name.
func form(t testing.TB, parts ...string) *http.Request {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		if name, ok := strings.CutPrefix(parts[i], "files="); ok {
			p, _ := w.CreateFormFile("files", name)
			io.WriteString(p, parts[i+1])
		} else {
			w.WriteField(parts[i], parts[i+1])
		}
	}
	w.Close()
	r := httptest.NewRequest(http.MethodPost, "/api/v1/reports", &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

func TestParseForm(t *testing.T) {
	s := newStore(t)
	pic := string(asPNG(t, corner(10, 10)))
	req := form(t, "csrf", "token", "files="+`C:\fakepath\shot.png`, pic, "files=../../two.png", pic, "files=", "", "note", "hello", "url", "https://x.example", "relation", "me", "contact", "a@x.org")
	req.Header.Set("Idempotency-Key", "K")
	r, done, err := s.ParseForm(httptest.NewRecorder(), req)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 2 || r.Files[0].Name != "shot.png" || r.Files[1].Name != "two.png" || r.Note != "hello" || r.Relation != "me" || r.Key != "K" ||
		r.URL != "https://x.example" || r.Contact != "a@x.org" || r.Files[0].Size != int64(len(pic)) {
		t.Errorf("report = %+v", r)
	}
	if _, err := s.Receive(t.Context(), r); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(s.cfg.Temp); len(left) != 2 {
		t.Errorf("%d files on their way, want 2", len(left))
	}
	done()
	if left, _ := os.ReadDir(s.cfg.Temp); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestParseFormRefuses(t *testing.T) {
	pic := string(asPNG(t, corner(10, 10)))
	var many, parts []string
	for range 40 {
		many = append(many, "files=a.png", pic)
	}
	for range 300 {
		parts = append(parts, "x", "y")
	}
	cut := form(t, "files=a.png", pic)
	cut.Body = io.NopCloser(io.MultiReader(io.LimitReader(cut.Body, 250), iotest.ErrReader(io.ErrUnexpectedEOF))) // what net/http says of a broken line
	plain := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	for name, tt := range map[string]struct {
		req  *http.Request
		want string
	}{
		"no form":    {plain, "The report did not arrive as a form."},
		"cut off":    {cut, "The report did not arrive whole."},
		"40 files":   {form(t, many...), "There are 40 pictures; one report takes at most 20."},
		"300 parts":  {form(t, parts...), "The report has more than 200 parts."},
		"large file": {form(t, "files=a.png", strings.Repeat("x", MaxFileBytes+1)), "a.png is larger than 15 MB."},
		"empty file": {form(t, "files=a.png", ""), "a.png is empty."},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			_, done, err := s.ParseForm(httptest.NewRecorder(), tt.req)
			defer done()
			if got := Refusals(err); len(got) != 1 || !strings.HasPrefix(got[0].Sentence, tt.want) {
				t.Errorf("ParseForm = %v, want %q", err, tt.want)
			}
			if s.reports("refused") != 1 {
				t.Error("the refusal is not counted")
			}
		})
	}
}

func TestParseFormTellsOurTroubleFromTheirs(t *testing.T) {
	s := newStore(t, func(c *Config) { c.Temp = "/nowhere" })
	_, done, err := s.ParseForm(httptest.NewRecorder(), form(t, "files=a.png", "x"))
	defer done()
	if err == nil || len(Refusals(err)) > 0 {
		t.Errorf("a full disk of ours reads as %v", err)
	}
}

// FuzzParseForm hands in any body: the answer is a report or refusals, no file stays behind, and what is received can be shown or says why not.
func FuzzParseForm(f *testing.F) {
	pic := string(asPNG(f, corner(4, 4)))
	for _, r := range []*http.Request{form(f, "files=a.png", pic, "note", "x"), form(f, "files=a.jpg", string(asJPEG(f, corner(4, 4)))), form(f, "url", "https://x")} {
		b, _ := io.ReadAll(r.Body)
		f.Add(r.Header.Get("Content-Type"), b)
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		s := newStore(t)
		req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		r, done, err := s.ParseForm(httptest.NewRecorder(), req)
		if err != nil && len(Refusals(err)) == 0 {
			t.Errorf("bad input reads as trouble of ours: %v", err)
		}
		if err == nil {
			rec, err := s.Receive(t.Context(), r)
			if err != nil && len(Refusals(err)) == 0 {
				t.Errorf("bad input reads as trouble of ours: %v", err)
			}
			for _, h := range rec.Pictures {
				s.Shown(t.Context(), h)
			}
		}
		done()
		if left, _ := os.ReadDir(s.cfg.Temp); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// FuzzOrientation reads any bytes as a JPEG's head.
func FuzzOrientation(f *testing.F) {
	f.Add(asJPEG(f, corner(4, 4)))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if o := orientation(b); o < 1 || o > 8 {
			t.Errorf("orientation = %d", o)
		}
	})
}
