package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/sources"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"gocloud.dev/blob/memblob"
)

// logged is a log that keeps what it was given, and fails while its error is set.
type logged struct {
	mu    sync.Mutex
	ms    []sources.Mention
	err   error
	added chan struct{}
}

func (l *logged) PublishMentions(ctx context.Context, ms []sources.Mention) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || ctx.Err() != nil {
		return errors.Join(l.err, ctx.Err())
	}
	for i := range ms {
		if err := ms[i].Validate(); err != nil {
			return err
		}
	}
	l.ms = append(l.ms, ms...)
	if l.added != nil {
		l.added <- struct{}{}
	}
	return nil
}

// byID returns the latest of each mention.
func (l *logged) byID() map[string]sources.Mention {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := map[string]sources.Mention{}
	for _, m := range l.ms {
		out[m.ID] = m
	}
	return out
}

type bench struct {
	*Store
	bucket  Bucket
	log     *logged
	metrics *Metrics
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func newStore(t testing.TB, change ...func(*Config)) bench {
	t.Helper()
	b := bench{bucket: Cloud(memblob.OpenBucket(nil)), log: &logged{}, metrics: NewMetrics(prometheus.NewRegistry())}
	cfg := Config{Bucket: b.bucket, Publisher: b.log, Key: bytes.Repeat([]byte("k"), 32), Metrics: b.metrics,
		Now: func() time.Time { return noon }}
	for _, c := range change {
		c(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Store, b.bucket = s, cfg.Bucket
	return b
}

type openBytes struct{ *bytes.Reader }

func (openBytes) Close() error { return nil }

func file(name string, b []byte) File {
	return File{Name: name, Size: int64(len(b)), Open: func() (io.ReadSeekCloser, error) { return openBytes{bytes.NewReader(b)}, nil }}
}

func hashOf(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

func (b bench) reports(outcome string) float64 {
	return testutil.ToFloat64(b.metrics.reports.WithLabelValues(outcome))
}

func TestReceive(t *testing.T) {
	s := newStore(t)
	pic := asPNG(t, screenshot(t, "Bins again"))
	rec, err := s.Receive(t.Context(), Report{Files: []File{file("one.png", pic), file("two.webp", aWebP)}, URL: "https://facebook.example/p/1",
		Note: " Seen in the town group ", Relation: "colleague", Contact: "ann@example.org", Account: "staff-7"})
	if err != nil {
		t.Fatal(err)
	}
	if !referenceForm.MatchString(rec.Reference) || len(rec.Secret) < 20 || rec.Repeated {
		t.Errorf("receipt = %+v", rec)
	}
	m, ok := s.log.byID()["report:"+rec.Reference]
	if !ok || m.Kind != sources.Report || m.Platform != "report" || m.Text != "Seen in the town group" || m.Relation != "colleague" ||
		m.Reporter != "staff-7" || m.Permalink != "https://facebook.example/p/1" || !m.CreatedAt.Equal(noon) || len(m.Media) != 2 {
		t.Errorf("mention = %+v", m)
	}
	if m.Media[0].Blob != hashOf(pic) || m.Media[1].Blob != hashOf(aWebP) {
		t.Errorf("media = %+v", m.Media)
	}
	r, err := s.Original(t.Context(), hashOf(pic))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, _ := io.ReadAll(r); !bytes.Equal(got, pic) {
		t.Error("the evidence is not what was handed in")
	}
	if got, err := s.Status(t.Context(), strings.ToLower(rec.Reference), rec.Secret); err != nil || got.MentionID() != m.ID || got.Relation != "colleague" {
		t.Errorf("Status = %+v, %v", got, err)
	}
	for _, wrong := range []string{"", rec.Secret + "x", strings.Repeat("A", len(rec.Secret))} {
		if _, err := s.Status(t.Context(), rec.Reference, wrong); !errors.Is(err, ErrNoReport) {
			t.Errorf("Status with secret %q = %v", wrong, err)
		}
	}
	if s.reports("accepted") != 1 {
		t.Error("the report is not counted")
	}
}

func TestWordsOrALinkAreEnough(t *testing.T) {
	s := newStore(t)
	for _, r := range []Report{{Note: "They wrote it on the wall"}, {URL: "https://x.example/1"}} {
		rec, err := s.Receive(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if m := s.log.byID()[rec.MentionID()]; m.Text != r.Note+r.URL || m.Relation != "council" {
			t.Errorf("mention = %+v", m)
		}
	}
}

func TestRefusals(t *testing.T) {
	pic := asPNG(t, corner(20, 20))
	zip := append([]byte("PK\x03\x04"), make([]byte, 100)...)
	heic := append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 100)...)
	many := slices.Repeat([]File{file("a.png", pic)}, 40)
	deep := image.NewNRGBA64(image.Rect(0, 0, 1, 1))
	deep.Set(0, 0, color.NRGBA64{1, 2, 3, 65000})
	for _, tt := range []struct {
		name   string
		report Report
		reason Reason
		want   string
	}{
		{"nothing", Report{}, Nothing, "There is nothing in the report. Add a picture, a link or a few words."},
		{"zip named png", Report{Files: []File{file("shot.png", zip)}}, NoImage, "shot.png is a ZIP archive, whatever its name says. Unpack it"},
		{"heic", Report{Files: []File{file("IMG_1.HEIC", heic)}}, HEIC, "IMG_1.HEIC is in Apple's HEIC format, which cannot be shown everywhere. Take a screenshot of it and send that, or set the phone to Settings, Camera, Formats, Most Compatible"},
		{"svg", Report{Files: []File{file("x.png", []byte("  <svg onload=alert(1)>"))}}, NoImage, "x.png is a web page or drawing."},
		{"pdf", Report{Files: []File{file("x.pdf", []byte("%PDF-1.7 ..."))}}, NoImage, "x.pdf is a PDF."},
		{"text", Report{Files: []File{file("x.jpg", []byte("hello"))}}, NoImage, "x.jpg is not a picture."},
		{"empty", Report{Files: []File{file("x.jpg", nil)}}, Damaged, "x.jpg is empty."},
		{"cut off", Report{Files: []File{file("x.png", pic[:20])}}, Damaged, "x.png is damaged"},
		{"60 megapixels", Report{Files: []File{file("big.png", bomb(t, 10_000, 6_000))}}, TooWide, "big.png has 60 million pixels; at most 40 million"},
		{"65,535 squared", Report{Files: []File{file("big.png", bomb(t, 65_535, 65_535))}}, TooWide, "big.png has 4295 million pixels"},
		{"15 MiB", Report{Files: []File{file("x.png", make([]byte, MaxFileBytes+1))}}, TooLarge, "x.png is larger than 15 MB."},
		{"a size that lies", Report{Files: []File{{Name: "x.png", Size: 1, Open: func() (io.ReadSeekCloser, error) {
			return openBytes{bytes.NewReader(append(slices.Clone(pic), make([]byte, MaxFileBytes)...))}, nil
		}}}}, TooLarge, "x.png is larger than 15 MB."},
		{"40 files", Report{Files: many}, TooMany, "There are 40 pictures; one report takes at most 20."},
		{"script link", Report{URL: "javascript:alert(1)"}, BadField, "The link is not a web address."},
		{"login in link", Report{URL: "https://me:pw@x.example/"}, BadField, "The link is not a web address."},
		{"long note", Report{Note: strings.Repeat("a", MaxNoteBytes+1)}, BadField, "The note is longer than 20000 bytes."},
		{"broken note", Report{Note: "a\xff"}, BadField, "The note is not readable as UTF-8"},
		{"relation", Report{Note: "x", Relation: "them"}, BadField, "Say whom it is about: me, colleague or council."},
		{"long key", Report{Note: "x", Key: strings.Repeat("k", 201)}, BadField, "The Idempotency-Key is longer than 200 bytes."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t)
			_, err := s.Receive(t.Context(), tt.report)
			got := Refusals(err)
			if len(got) != 1 || got[0].Reason != tt.reason || !strings.HasPrefix(got[0].Sentence, tt.want) {
				t.Fatalf("refusals = %v, want one %s: %s", err, tt.reason, tt.want)
			}
			if keys, _ := s.bucket.List(t.Context(), "original/"); len(keys) > 0 || len(s.log.ms) > 0 {
				t.Error("something was stored all the same")
			}
			if s.reports("refused") != 1 || testutil.ToFloat64(s.metrics.refused.WithLabelValues(string(tt.reason))) != 1 {
				t.Error("the refusal is not counted")
			}
		})
	}
}

func TestAllRefusalsAtOnce(t *testing.T) {
	s := newStore(t)
	_, err := s.Receive(t.Context(), Report{Files: []File{file("a.png", []byte("PK\x03\x04")), file("b.png", asPNG(t, corner(4, 4))), file("c.png", nil)}})
	if got := Refusals(err); len(got) != 2 {
		t.Errorf("refusals = %v, want those of a.png and c.png", err)
	}
	if keys, _ := s.bucket.List(t.Context(), "original/"); len(keys) > 0 {
		t.Error("the good picture of a refused report was stored")
	}
}

func TestHalfThePixelsAtTwiceTheDepth(t *testing.T) {
	deep := asPNG(t, image.NewNRGBA64(image.Rect(0, 0, 1, 1)))
	if deep[24] != 16 {
		t.Fatalf("the picture has %d bits", deep[24])
	}
	patch := func(w, h uint32) []byte {
		b := bomb(t, w, h)
		copy(b[24:26], deep[24:26])
		fixCRC(b)
		return b
	}
	for side, refused := range map[uint32]bool{4_000: false, 5_000: true} {
		_, err := examine("x.png", bytes.NewReader(patch(side, side)))
		if got := len(Refusals(err)) > 0; got != refused {
			t.Errorf("16 bits, %d squared: %v, want refused %v", side, err, refused)
		}
	}
}

func TestTheSameKeyIsTheSameReport(t *testing.T) {
	s := newStore(t)
	r := Report{Files: []File{file("a.png", asPNG(t, corner(10, 10)))}, Note: "n", Key: "K1", Account: "staff-1"}
	first, err := s.Receive(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Receive(t.Context(), r)
	if err != nil || again.Reference != first.Reference || again.Secret != first.Secret || !again.Repeated {
		t.Errorf("again = %+v, %v; first %+v", again, err, first)
	}
	if len(s.log.byID()) != 1 {
		t.Errorf("%d reports", len(s.log.byID()))
	}
	if v := map[string]bool{s.log.ms[0].Version(): true, s.log.ms[1].Version(): true}; len(v) != 1 {
		t.Error("the repeat reads as an edit")
	}
	for what, other := range map[string]Report{"content": {Note: "other", Key: "K1", Account: "staff-1"}, "account": {Files: r.Files, Note: "n", Key: "K1", Account: "staff-2"}, "no key": {Note: "n"}} {
		got, err := s.Receive(t.Context(), other)
		if err != nil || got.Reference == first.Reference {
			t.Errorf("another %s has the same reference: %v", what, err)
		}
	}
	if s.reports("repeated") != 1 {
		t.Error("the repeat is not counted")
	}
}

// TestNoReceiptBeforeTheLog cuts every step of a report off and hands it in again.
func TestNoReceiptBeforeTheLog(t *testing.T) {
	r := Report{Files: []File{file("a.png", asPNG(t, corner(10, 10))), file("b.png", asPNG(t, corner(12, 12)))}, Note: "n", Key: "K"}
	cuts := 0
	for n := 1; ; n++ {
		faulty := &faultyBucket{Bucket: Cloud(memblob.OpenBucket(nil)), failAt: n}
		s := newStore(t, func(c *Config) { c.Bucket = faulty; c.Reader = words("x") })
		_, err := s.Receive(t.Context(), r)
		if err == nil {
			break // n is beyond the last step
		}
		cuts++
		if len(Refusals(err)) > 0 {
			t.Fatalf("trouble of ours reads as a refusal: %v", err)
		}
		if len(s.log.ms) > 0 {
			t.Errorf("cut at step %d, the log has the report although something is not stored", n)
		}
		rec, err := s.Receive(t.Context(), r) // the fault is over
		if err != nil {
			t.Fatalf("cut at step %d, the second try fails: %v", n, err)
		}
		if _, ok := s.log.byID()[rec.MentionID()]; !ok {
			t.Errorf("cut at step %d, the second try is not on the log", n)
		}
		for _, h := range rec.Pictures {
			if _, _, err := s.Shown(t.Context(), h); err != nil {
				t.Errorf("cut at step %d, picture: %v", n, err)
			}
		}
	}
	if cuts < 6 {
		t.Errorf("only %d steps were cut off", cuts)
	}

	s := newStore(t)
	s.log.err = errors.New("the log is away")
	if _, err := s.Receive(t.Context(), r); err == nil {
		t.Error("a receipt was given although the log is away")
	}
	s.log.err = nil
	if _, err := s.Receive(t.Context(), r); err != nil || len(s.log.byID()) != 1 {
		t.Errorf("once the log is back: %v, %d reports", err, len(s.log.byID()))
	}
	if s.reports("failed") != 1 || s.reports("repeated") != 1 {
		t.Error("failures are not counted")
	}
}

// faultyBucket fails its failAt-th Put, once.
type faultyBucket struct {
	Bucket
	failAt, puts int
}

func (f *faultyBucket) Put(ctx context.Context, key string, r io.Reader) error {
	if f.puts++; f.puts == f.failAt {
		return fmt.Errorf("disk full at %s", key)
	}
	return f.Bucket.Put(ctx, key, r)
}

func TestShownHoldsPixelsOnly(t *testing.T) {
	s := newStore(t)
	for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
		pic := append(withEXIF(asJPEG(t, corner(64, 32)), order, 1), "PK\x03\x04 a second file behind the first"...)
		if !bytes.Contains(pic, []byte(gpsMark)) {
			t.Fatal("the test's picture names no place")
		}
		if _, err := s.Receive(t.Context(), Report{Files: []File{file("a.jpg", pic)}}); err != nil {
			t.Fatal(err)
		}
		r, kind, err := s.Shown(t.Context(), hashOf(pic))
		if err != nil || kind != "image/jpeg" {
			t.Fatalf("Shown = %s, %v", kind, err)
		}
		got, _ := io.ReadAll(r)
		for _, no := range []string{"Exif", gpsMark, "second file"} {
			if bytes.Contains(got, []byte(no)) {
				t.Errorf("the shown copy holds %q", no)
			}
		}
		if img, _, err := image.Decode(bytes.NewReader(got)); err != nil || img.Bounds() != image.Rect(0, 0, 64, 32) {
			t.Errorf("the shown copy is %v, %v", img, err)
		}
	}
	if r, kind, err := func() (io.ReadCloser, string, error) {
		s.Receive(t.Context(), Report{Files: []File{file("a.webp", aWebP)}})
		return s.Shown(t.Context(), hashOf(aWebP))
	}(); err != nil || kind != "image/jpeg" {
		t.Errorf("a WebP is shown as %s, %v, %v", kind, r, err)
	}
}

// TestShownStandsUpright checks where the red corner goes under each of EXIF's eight orientations.
func TestShownStandsUpright(t *testing.T) {
	const w, h = 64, 32
	for o, want := range map[uint16]struct{ x, y, w, h int }{
		1: {0, 0, w, h}, 2: {1, 0, w, h}, 3: {1, 1, w, h}, 4: {0, 1, w, h}, 5: {0, 0, h, w}, 6: {1, 0, h, w}, 7: {1, 1, h, w}, 8: {0, 1, h, w},
	} {
		b, err := redraw(withEXIF(asJPEG(t, corner(w, h)), binary.LittleEndian, o))
		if err != nil {
			t.Fatal(err)
		}
		img, _, err := image.Decode(bytes.NewReader(b))
		if err != nil || img.Bounds().Dx() != want.w || img.Bounds().Dy() != want.h {
			t.Errorf("orientation %d: %v, %v", o, img.Bounds(), err)
			continue
		}
		for x := range 2 {
			for y := range 2 {
				_, g, _, _ := img.At(want.w/4+x*want.w/2, want.h/4+y*want.h/2).RGBA()
				if red := g < 0x4000; red != (x == want.x && y == want.y) {
					t.Errorf("orientation %d: quarter %d,%d red is %v", o, x, y, red)
				}
			}
		}
	}
}

func TestShownOfDamagedAndUnknown(t *testing.T) {
	s := newStore(t)
	pic := asJPEG(t, corner(200, 200))
	cut := pic[:len(pic)*2/3]
	if _, err := s.Receive(t.Context(), Report{Files: []File{file("a.jpg", cut)}}); err != nil {
		t.Fatalf("evidence is refused because its end is missing: %v", err)
	}
	if _, _, err := s.Shown(t.Context(), hashOf(cut)); !errors.Is(err, ErrNotShowable) {
		t.Errorf("Shown of a damaged picture = %v", err)
	}
	for _, h := range []string{hashOf(nil), "../../etc/passwd", "", strings.ToUpper(hashOf(cut))} {
		if _, _, err := s.Shown(t.Context(), h); !errors.Is(err, ErrNoBlob) {
			t.Errorf("Shown(%q) = %v", h, err)
		}
		if _, err := s.Original(t.Context(), h); !errors.Is(err, ErrNoBlob) {
			t.Errorf("Original(%q) = %v", h, err)
		}
	}
}

func TestErase(t *testing.T) {
	s := newStore(t, func(c *Config) { c.Reader = words("x") })
	shared, own := asPNG(t, corner(10, 10)), asPNG(t, corner(12, 12))
	one, err1 := s.Receive(t.Context(), Report{Files: []File{file("a.png", shared), file("b.png", own)}})
	two, err2 := s.Receive(t.Context(), Report{Files: []File{file("a.png", shared)}})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	s.Shown(t.Context(), hashOf(own))
	for range 2 {
		if err := s.Erase(t.Context(), &sources.Mention{ID: one.MentionID()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Original(t.Context(), hashOf(own)); !errors.Is(err, ErrNoBlob) {
		t.Errorf("the erased report's picture: %v", err)
	}
	if _, _, err := s.Shown(t.Context(), hashOf(own)); !errors.Is(err, ErrNoBlob) {
		t.Errorf("its copy: %v", err)
	}
	if _, err := s.Status(t.Context(), one.Reference, one.Secret); !errors.Is(err, ErrNoReport) {
		t.Errorf("its receipt: %v", err)
	}
	if r, err := s.Original(t.Context(), hashOf(shared)); err != nil {
		t.Errorf("the other report's picture: %v", err)
	} else {
		r.Close()
	}
	if err := s.Erase(t.Context(), &sources.Mention{ID: two.MentionID() + "/1"}); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"original/", "shown/", "uses/", "report/", "unread/"} {
		if keys, err := s.bucket.List(t.Context(), prefix); len(keys) > 0 || err != nil {
			t.Errorf("left under %s: %v, %v", prefix, keys, err)
		}
	}
	if err := s.Erase(t.Context(), &sources.Mention{ID: "facebook:1", Media: []sources.Media{{Blob: hashOf(own)}}}); err != nil {
		t.Errorf("a post that is no report: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	b, err := OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(t, func(c *Config) { c.Bucket = b })
	pic := asPNG(t, corner(30, 30))
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			rec, err := s.Receive(t.Context(), Report{Files: []File{file("a.png", pic)}, Note: fmt.Sprint(i % 4), Key: fmt.Sprint(i % 4)})
			if err != nil {
				t.Error(err)
				return
			}
			if _, _, err := s.Shown(t.Context(), rec.Pictures[0]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.log.byID()); n != 4 {
		t.Errorf("%d reports of 4 keys", n)
	}
}

func TestReference(t *testing.T) {
	for id, want := range map[string]string{"report:7K2QX0M4TD": "7K2QX0M4TD", "report:7K2QX0M4TD/2": "7K2QX0M4TD", "report:": "", "facebook:7K2QX0M4TD": "", "report:7k2qx0m4td": "", "report:../../etc": ""} {
		if got, ok := Reference(id); ok != (want != "") || ok && got != want {
			t.Errorf("Reference(%q) = %q, %v", id, got, ok)
		}
	}
}

// words is a Reader that finds the same words in every picture.
type words string

func (w words) Read(context.Context, []byte) (string, error) { return string(w), nil }
