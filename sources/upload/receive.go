package upload

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// Platform is what a report's mention names as its platform; its ID is "report:" and the reference.
const Platform = "report"

// Receipt is what a reporter gets, and what the status page begins from.
type Receipt struct {
	Reference string    `json:"reference"` // ten letters and digits, such as 7K2QX0M4TD
	Secret    string    `json:"-"`         // opens the status page together with the reference
	At        time.Time `json:"at"`
	Relation  string    `json:"relation"`
	Pictures  []string  `json:"pictures,omitempty"` // SHA-256, in hex, in the order given
	Repeated  bool      `json:"-"`                  // it was taken before
}

// MentionID is the ID of the report's mention.
func (r Receipt) MentionID() string { return Platform + ":" + r.Reference }

// alphabet leaves out I, L, O and U, which are misread or spell things.
var alphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const referenceChars = 10

var referenceForm = regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{10}$`)

// Reference returns the reference of a report's mention, or of one read from its pictures; false for every other mention.
func Reference(mentionID string) (string, bool) {
	rest, ok := strings.CutPrefix(mentionID, Platform+":")
	ref, _, _ := strings.Cut(rest, "/")
	return ref, ok && referenceForm.MatchString(ref)
}

// picture is a file that was examined.
type picture struct {
	file File
	hash string
}

// Receive stores a report and its pictures, hands its mention to the log and returns the receipt; everything is durable then. Refusals are
// found with Refusals; they come all at once, and nothing is stored. Any other error is ours and worth another try with the same Key.
func (s *Store) Receive(ctx context.Context, r Report) (Receipt, error) {
	rec, err := s.receive(ctx, r)
	s.cfg.Metrics.received(rec, err)
	return rec, err
}

func (s *Store) receive(ctx context.Context, r Report) (Receipt, error) {
	if err := r.tidy(); err != nil {
		return Receipt{}, err
	}
	pictures, err := examineAll(ctx, r.Files)
	if err != nil {
		return Receipt{}, err
	}
	s.erasing.RLock()
	defer s.erasing.RUnlock()
	rec, err := s.issue(ctx, r, pictures)
	if err != nil {
		return Receipt{}, fmt.Errorf("take report: %w", err)
	}
	if err := s.keep(ctx, rec, r, pictures); err != nil {
		return Receipt{}, fmt.Errorf("take report: %w", err)
	}
	// From here on the sender's patience no longer matters: what is stored is also told to the log.
	if err := s.cfg.Publisher.PublishMentions(context.WithoutCancel(ctx), []sources.Mention{rec.mention(r)}); err != nil {
		return Receipt{}, fmt.Errorf("take report: %w", err)
	}
	s.poke()
	return rec, nil
}

// examineAll hashes every file and refuses all that are no pictures at once.
func examineAll(ctx context.Context, files []File) ([]picture, error) {
	var errs []error
	out := make([]picture, 0, len(files))
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := examineFile(f)
		if err != nil {
			errs = append(errs, err)
		}
		out = append(out, p)
	}
	return out, errors.Join(errs...)
}

func examineFile(f File) (picture, error) {
	if f.Size > MaxFileBytes {
		return picture{}, refuse(TooLarge, "files", "%s is larger than %d MB. Send a screenshot or a smaller copy.", f.Name, MaxFileBytes>>20)
	}
	r, err := f.Open()
	if err != nil {
		return picture{}, fmt.Errorf("read upload: %w", err)
	}
	defer r.Close()
	if _, err := examine(f.Name, r); err != nil {
		return picture{}, err
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return picture{}, fmt.Errorf("read upload: %w", err)
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, MaxFileBytes+1))
	if err != nil {
		return picture{}, fmt.Errorf("read upload: %w", err)
	}
	if n > MaxFileBytes {
		return picture{}, refuse(TooLarge, "files", "%s is larger than %d MB. Send a screenshot or a smaller copy.", f.Name, MaxFileBytes>>20)
	}
	return picture{f, hex.EncodeToString(h.Sum(nil))}, nil
}

// issue returns the receipt: the one already given for this key and content, or a new one.
func (s *Store) issue(ctx context.Context, r Report, pictures []picture) (Receipt, error) {
	rec := Receipt{At: s.cfg.Now().UTC(), Relation: r.Relation}
	for _, p := range pictures {
		rec.Pictures = append(rec.Pictures, p.hash)
	}
	rec.Reference = newReference()
	if r.Key != "" {
		parts := append([]string{r.Key, r.Account, r.Contact, r.Relation, r.URL, r.Note}, rec.Pictures...)
		rec.Reference = alphabet.EncodeToString(s.mac("reference", parts...))[:referenceChars]
	}
	switch old, err := s.receipt(ctx, rec.Reference); {
	case err == nil && r.Key != "":
		rec, rec.Repeated = old, true
	case err == nil:
		return rec, errors.New("a fresh reference is taken already") // one in 10^15; the sender's retry takes another
	case !errors.Is(err, ErrNoReport):
		return rec, err
	}
	rec.Secret = s.secret(rec.Reference)
	return rec, nil
}

func newReference() string {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return alphabet.EncodeToString(b[:])[:referenceChars]
}

// keep stores everything but the mention, in the order that package doc gives.
func (s *Store) keep(ctx context.Context, rec Receipt, r Report, pictures []picture) error {
	b := s.cfg.Bucket
	for _, p := range pictures {
		if err := b.Put(ctx, useKey(p.hash, rec.Reference), bytes.NewReader(nil)); err != nil {
			return err
		}
		if err := s.keepPicture(ctx, p); err != nil {
			return err
		}
	}
	j, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if err := b.Put(ctx, receiptKey(rec.Reference), bytes.NewReader(j)); err != nil {
		return err
	}
	if len(pictures) == 0 || s.cfg.Reader == nil {
		return nil
	}
	return s.markUnread(ctx, rec, r)
}

// keepPicture stores the original unless its very bytes are there already.
func (s *Store) keepPicture(ctx context.Context, p picture) error {
	if ok, err := s.cfg.Bucket.Has(ctx, originalKey(p.hash)); ok || err != nil {
		return err
	}
	f, err := p.file.Open()
	if err != nil {
		return fmt.Errorf("read upload: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if err := s.cfg.Bucket.Put(ctx, originalKey(p.hash), io.TeeReader(f, h)); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != p.hash { // evidence under a wrong hash would be worse than none
		return errors.Join(errors.New("an upload changed while it was stored"), s.cfg.Bucket.Delete(ctx, originalKey(p.hash)))
	}
	return nil
}

// mention is what the log gets.
func (rec Receipt) mention(r Report) sources.Mention {
	m := sources.Mention{ID: rec.MentionID(), Platform: Platform, Source: "reports", Kind: sources.Report, Text: r.Note, CreatedAt: rec.At,
		CreatedPrecision: "exact", FetchedAt: rec.At, Permalink: r.URL, ThreadID: rec.MentionID(), Visibility: "unknown",
		MatchedBy: []string{"manual"}, Relation: rec.Relation, Reporter: r.reporter()}
	if r.URL != "" {
		m.Links = []string{r.URL}
	}
	for _, hash := range rec.Pictures {
		m.Media = append(m.Media, sources.Media{Type: "image", Blob: hash})
	}
	if m.Text == "" && len(m.Media) == 0 {
		m.Text = r.URL
	}
	return m
}

// reporter is who handed it in: the account, else how they may be reached.
func (r Report) reporter() string {
	if r.Account != "" {
		return r.Account
	}
	return r.Contact
}

// Status returns the receipt of a report to whoever knows its reference and secret.
func (s *Store) Status(ctx context.Context, reference, secret string) (Receipt, error) {
	reference = strings.ToUpper(strings.TrimSpace(reference))
	if !referenceForm.MatchString(reference) || !hmac.Equal([]byte(secret), []byte(s.secret(reference))) {
		return Receipt{}, ErrNoReport
	}
	rec, err := s.receipt(ctx, reference)
	rec.Secret = secret
	return rec, err
}

func (s *Store) receipt(ctx context.Context, reference string) (Receipt, error) {
	b, err := s.cfg.Bucket.Get(ctx, receiptKey(reference))
	if errors.Is(err, ErrNoBlob) {
		return Receipt{}, ErrNoReport
	}
	if err != nil {
		return Receipt{}, err
	}
	defer b.Close()
	var rec Receipt
	if err := json.UnmarshalRead(b, &rec); err != nil {
		return Receipt{}, fmt.Errorf("the receipt of report %s cannot be read: %w", reference, err)
	}
	return rec, nil
}

func (s *Store) secret(reference string) string {
	return base64.RawURLEncoding.EncodeToString(s.mac("status", reference)[:16])
}

// mac binds parts, each with its length, to the purpose.
func (s *Store) mac(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, s.cfg.Key)
	for _, p := range append([]string{"earshot upload", purpose}, parts...) {
		fmt.Fprintf(h, "%d:%s,", len(p), p)
	}
	return h.Sum(nil)
}
