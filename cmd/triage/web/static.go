package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// staticFile is one built file, as it is and compressed. Built files hold no secret, so compressing them gives none away.
type staticFile struct{ kind, plain, zipped string }

// static serves built files. Their names carry a hash of their content, so they may be kept for good.
func (p *pages) static() (http.Handler, error) {
	files := map[string]staticFile{}
	for _, n := range p.manifest {
		f, err := p.readStatic(n)
		if err != nil {
			return nil, err
		}
		files["/static/"+n] = f
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := files[r.URL.Path]
		if !known {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Security-Policy", "default-src 'none'")
		h.Set("Vary", "Accept-Encoding")
		body := f.plain
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			body = f.zipped
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte(body)) // an error means that the reader has gone
		}
	}), nil
}

func (p *pages) readStatic(name string) (staticFile, error) {
	b, err := fs.ReadFile(p.files, name)
	if err != nil {
		return staticFile{}, err
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(b); err != nil {
		return staticFile{}, err
	}
	if err := z.Close(); err != nil {
		return staticFile{}, err
	}
	return staticFile{mime.TypeByExtension(path.Ext(name)), string(b), zipped.String()}, nil
}
