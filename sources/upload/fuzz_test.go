package upload

import (
	"errors"
	"testing"
)

// FuzzReceive hands in any file, note and link: the answer is a receipt or refusals, each with a sentence, and what was taken is shown, or
// is said to be damaged.
func FuzzReceive(f *testing.F) {
	f.Add("a.png", asPNG(f, corner(4, 4)), "note", "https://x.example/1")
	f.Add("a.jpg", asJPEG(f, corner(4, 4)), "", "")
	f.Add("a.webp", aWebP, "\xff", "javascript:x")
	f.Add("a.zip", []byte("PK\x03\x04"), "", "")
	f.Fuzz(func(t *testing.T, name string, b []byte, note, url string) {
		s := newStore(t)
		rec, err := s.Receive(t.Context(), Report{Files: []File{file(name, b)}, Note: note, URL: url})
		if err != nil {
			for _, r := range Refusals(err) {
				if r.Sentence == "" || r.Reason == "" {
					t.Errorf("a refusal says nothing: %+v", r)
				}
			}
			if len(Refusals(err)) == 0 {
				t.Errorf("bad input reads as trouble of ours: %v", err)
			}
			return
		}
		r, _, err := s.Shown(t.Context(), rec.Pictures[0])
		if err == nil {
			r.Close()
		} else if !errors.Is(err, ErrNotShowable) {
			t.Errorf("Shown = %v", err)
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
