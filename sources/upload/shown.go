package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
)

// shownQuality keeps small type in screenshots sharp.
const shownQuality = 88

// Shown opens the copy of a picture that may be shown, with its content type: image/png or image/jpeg. It is made on first use and kept.
// Errors: ErrNoBlob; ErrNotShowable.
func (s *Store) Shown(ctx context.Context, hash string) (io.ReadCloser, string, error) {
	if !isHash(hash) {
		return nil, "", ErrNoBlob
	}
	b, err := s.shown(ctx, hash)
	if err != nil {
		return nil, "", err
	}
	kind := "image/jpeg"
	if sniff(b[:min(len(b), sniffBytes)]) == formatPNG {
		kind = "image/png"
	}
	return io.NopCloser(bytes.NewReader(b)), kind, nil
}

func (s *Store) shown(ctx context.Context, hash string) ([]byte, error) {
	kept, err := s.load(ctx, shownKey(hash))
	if err == nil || !errors.Is(err, ErrNoBlob) {
		return kept, err
	}
	original, err := s.load(ctx, originalKey(hash))
	if err != nil {
		return nil, err
	}
	select {
	case s.decode <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	copied, err := redraw(original)
	<-s.decode
	if err != nil {
		return nil, err
	}
	s.erasing.RLock() // an erasure in between must not leave a copy behind
	defer s.erasing.RUnlock()
	if ok, err := s.cfg.Bucket.Has(ctx, originalKey(hash)); err != nil || !ok {
		return nil, errors.Join(ErrNoBlob, err)
	}
	return copied, s.cfg.Bucket.Put(ctx, shownKey(hash), bytes.NewReader(copied))
}

func (s *Store) load(ctx context.Context, key string) ([]byte, error) {
	r, err := s.cfg.Bucket.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	return b, nil
}

// redraw decodes a picture, turns it as its camera meant, and encodes its pixels alone.
func redraw(original []byte) ([]byte, error) {
	if _, err := examine("the picture", bytes.NewReader(original)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotShowable, err)
	}
	img, format, err := image.Decode(bytes.NewReader(original))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotShowable, err)
	}
	if format == formatJPEG {
		img = turn(img, orientation(original))
	}
	var out bytes.Buffer
	if format == formatPNG {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: shownQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotShowable, err)
	}
	return out.Bytes(), nil
}
