package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/s3blob" // s3:// in EARSHOT_BLOB_URL
	"gocloud.dev/gcerrors"
)

// Bucket keeps blobs by key. Keys are this package's own: small letters, digits, hyphens, dots and slashes. Safe for concurrent use.
type Bucket interface {
	// Put stores all of r under key, replacing what was there. When it returns nil the blob survives a crash of the machine; a reader sees
	// the old bytes or the new ones, never a part.
	Put(ctx context.Context, key string, r io.Reader) error
	// Get opens the blob, or returns ErrNoBlob, wrapped.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Has reports whether there is a blob under key.
	Has(ctx context.Context, key string) (bool, error)
	// List returns the keys that begin with prefix, which ends with a slash, in order.
	List(ctx context.Context, prefix string) ([]string, error)
	// Delete removes the blob; one that is not there is no error.
	Delete(ctx context.Context, key string) error
	Close() error
}

// OpenBucket opens the bucket that blobURL names (s3://bucket?region=..., file:///folder), or the folder dir when blobURL is empty. It fails
// when the bucket cannot be reached. Errors never hold the URL, which may carry keys.
func OpenBucket(ctx context.Context, blobURL, dir string) (Bucket, error) {
	if blobURL == "" {
		return OpenFolder(dir)
	}
	u, err := url.Parse(blobURL)
	if err != nil {
		return nil, errors.New("the blob URL cannot be read; write it such as s3://bucket?region=eu-west-2")
	}
	if u.Scheme == "file" {
		return OpenFolder(filepath.FromSlash(u.Path))
	}
	b, err := blob.OpenBucket(ctx, blobURL)
	if err != nil {
		return nil, fmt.Errorf("the bucket of the %s blob URL cannot be opened; look at its name and options", u.Scheme)
	}
	ok, err := b.IsAccessible(ctx)
	if err == nil && !ok {
		err = errors.New("it is not there, or our keys do not open it")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the bucket %s: %w", u.Host, err), b.Close())
	}
	return Cloud(b), nil
}

// Cloud makes a Bucket of a gocloud.dev bucket, whose writes are durable once closed, as those of S3 are.
func Cloud(b *blob.Bucket) Bucket { return cloud{b} }

type cloud struct{ b *blob.Bucket }

var _ Bucket = cloud{}

func (c cloud) Put(ctx context.Context, key string, r io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close it means: throw the half-written blob away
	w, err := c.b.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	if _, err := io.Copy(w, r); err != nil {
		cancel()
		return fmt.Errorf("store blob: %w", errors.Join(err, w.Close()))
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("store blob: %w", err)
	}
	return nil
}

func (c cloud) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := c.b.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("%w: %s", ErrNoBlob, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	return r, nil
}

func (c cloud) Has(ctx context.Context, key string) (bool, error) {
	return c.b.Exists(ctx, key)
}

func (c cloud) List(ctx context.Context, prefix string) ([]string, error) {
	var out []string
	for it := c.b.List(&blob.ListOptions{Prefix: prefix}); ; {
		o, err := it.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list blobs: %w", err)
		}
		out = append(out, o.Key)
	}
}

func (c cloud) Delete(ctx context.Context, key string) error {
	if err := c.b.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

func (c cloud) Close() error { return c.b.Close() }
