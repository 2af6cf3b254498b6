package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func rootfs(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	for f, body := range files {
		to := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(body, "-> "); ok {
			if err := os.Symlink(target, to); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(to, []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestImage(t *testing.T) {
	base := rootfs(t, "debian", map[string]string{"etc/passwd": "root:x:0:0::/:/bin/sh\n", "bin": "-> usr/bin", "usr/bin/sh": "#!"})
	ours := rootfs(t, "earshot", map[string]string{"usr/local/bin/triage": "program", "var/lib/earshot/.keep": ""})
	out := filepath.Join(t.TempDir(), "x.oci.tar")
	if err := run(out, "earshot:1.2.3,earshot:latest", "2026-11-21T10:00:00Z", []string{base, ours}); err != nil {
		t.Fatal(err)
	}
	files := untar(t, open(t, out))
	for name, b := range files {
		if digest, ok := strings.CutPrefix(name, "blobs/sha256/"); ok && len(digest) == 64 && digest != sum(b.body) {
			t.Errorf("%s holds something else", name)
		}
	}
	var index, m manifest
	var c config
	var saved []dockerSaved
	parse(t, files, "index.json", &index)
	parse(t, files, blob(index.Manifests[0].Digest), &m)
	parse(t, files, blob(m.Config.Digest), &c)
	parse(t, files, "manifest.json", &saved)
	if c.Config.User != "10001:10001" || c.Config.Cmd[0] != "triage" || len(m.Layers) != 2 || !slices.Equal(saved[0].RepoTags, []string{"earshot:1.2.3", "earshot:latest"}) ||
		len(index.Manifests) != 2 || index.Manifests[1].Annotations["org.opencontainers.image.ref.name"] != "earshot:latest" || index.Manifests[0].Digest != index.Manifests[1].Digest ||
		saved[0].Config != blob(m.Config.Digest) || index.Manifests[0].Size != int64(len(files[blob(index.Manifests[0].Digest)].body)) {
		t.Errorf("image = %+v %+v %+v", index, m, saved)
	}
	for i, l := range m.Layers {
		z, err := gzip.NewReader(bytes.NewReader(files[blob(l.Digest)].body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(z)
		if err != nil || c.RootFS.DiffIDs[i] != "sha256:"+sum(plain) || saved[0].Layers[i] != blob(l.Digest) {
			t.Errorf("layer %d is not what the configuration says: %v", i, err)
		}
		got := untar(t, bytes.NewReader(plain))
		if i == 0 && (got["bin"].Linkname != "usr/bin" || got["etc/passwd"].Uid != 0 || got["etc/passwd"].Uname != "") {
			t.Errorf("base layer: %+v", got)
		}
		if i == 1 && (string(got["usr/local/bin/triage"].body) != "program" || got["usr/local/bin/triage"].Mode&0o111 == 0 || got["var/lib/earshot/"].Uid != owner) {
			t.Errorf("our layer: %+v", got)
		}
	}

	again := filepath.Join(t.TempDir(), "again.tar")
	if err := run(again, "earshot:1.2.3,earshot:latest", "2026-11-21T10:00:00Z", []string{base, ours}); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(out)
	b, _ := os.ReadFile(again)
	if !bytes.Equal(a, b) {
		t.Error("the same folders made another image")
	}
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"", "x:1", "2026-11-21T10:00:00Z", "d"}, {"o", "x:1", "now", "d"}, {filepath.Join(t.TempDir(), "o"), "x:1", "2026-11-21T10:00:00Z", "/nowhere"}} {
		if err := run(args[0], args[1], args[2], args[3:]); err == nil {
			t.Errorf("run(%v) succeeded", args)
		}
	}
}

type entry struct {
	*tar.Header
	body []byte
}

func untar(t *testing.T, r io.Reader) map[string]entry {
	t.Helper()
	out := map[string]entry{}
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		out[h.Name] = entry{h, b}
	}
}

func open(t *testing.T, name string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

func parse(t *testing.T, files map[string]entry, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(files[name].body, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func blob(digest string) string { return "blobs/sha256/" + strings.TrimPrefix(digest, "sha256:") }

func sum(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }
