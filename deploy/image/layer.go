package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// owner is who the programs run as, and whose the folders are that they write to.
const owner = 10001

// owned are the folders that belong to owner; everything else is root's.
var owned = []string{"var/lib/earshot", "srv/earshot"}

// layer is a written, compressed layer.
type layer struct {
	Digest string // of the compressed bytes
	DiffID string // of the tar inside
	Size   int64  // of the compressed bytes
}

// writeLayer writes folder as a layer into dir, under its digest.
func writeLayer(dir, folder string, at time.Time) (layer, error) {
	tmp, err := os.CreateTemp(dir, "layer-*")
	if err != nil {
		return layer{}, err
	}
	defer os.Remove(tmp.Name()) // renamed when all went well
	packed, plain := newCounter(tmp), sha256.New()
	zip, err := gzip.NewWriterLevel(packed, gzip.BestSpeed)
	if err != nil {
		return layer{}, err
	}
	if err := writeTar(io.MultiWriter(zip, plain), folder, at); err != nil {
		return layer{}, errors.Join(fmt.Errorf("layer of %s: %w", folder, err), tmp.Close())
	}
	if err := errors.Join(zip.Close(), tmp.Chmod(0o644), tmp.Close()); err != nil {
		return layer{}, err
	}
	l := layer{Digest: packed.sum(), DiffID: hex.EncodeToString(plain.Sum(nil)), Size: packed.n}
	return l, os.Rename(tmp.Name(), filepath.Join(dir, l.Digest))
}

// writeTar writes every file under folder in order of name, with one time and numbers instead of this machine's users.
func writeTar(w io.Writer, folder string, at time.Time) error {
	t := tar.NewWriter(w)
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == folder {
			return err
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		return addFile(t, path, filepath.ToSlash(rel), at)
	})
	return errors.Join(err, t.Close())
}

func addFile(t *tar.Writer, path, name string, at time.Time) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	link := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name, h.Uid, h.Gid, h.Uname, h.Gname = name, 0, 0, "", ""
	if info.IsDir() {
		h.Name += "/"
	}
	for _, o := range owned {
		if name == o || strings.HasPrefix(name, o+"/") {
			h.Uid, h.Gid = owner, owner
		}
	}
	h.ModTime, h.AccessTime, h.ChangeTime, h.Format = at, time.Time{}, time.Time{}, tar.FormatPAX
	if err := t.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(t, f)
	return err
}

// counter hashes and counts what passes.
type counter struct {
	w io.Writer
	h hash.Hash
	n int64
}

func newCounter(w io.Writer) *counter {
	h := sha256.New()
	return &counter{w: io.MultiWriter(w, h), h: h}
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) sum() string { return hex.EncodeToString(c.h.Sum(nil)) }
