package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Media types of the OCI image specification 1.1.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        *descriptor  `json:"config,omitempty"`
	Layers        []descriptor `json:"layers,omitempty"`
	Manifests     []descriptor `json:"manifests,omitempty"`
}

type config struct {
	Created      time.Time     `json:"created"`
	Architecture string        `json:"architecture"`
	OS           string        `json:"os"`
	Config       runConfig     `json:"config"`
	RootFS       rootFS        `json:"rootfs"`
	History      []historyLine `json:"history"`
}

type runConfig struct {
	User         string              `json:"User"`
	Env          []string            `json:"Env"`
	Cmd          []string            `json:"Cmd"`
	WorkingDir   string              `json:"WorkingDir"`
	ExposedPorts map[string]struct{} `json:"ExposedPorts"`
	Volumes      map[string]struct{} `json:"Volumes"`
	StopSignal   string              `json:"StopSignal"`
	Labels       map[string]string   `json:"Labels"`
}

type rootFS struct {
	Type    string   `json:"type"`
	DiffIDs []string `json:"diff_ids"`
}

type historyLine struct {
	Created   time.Time `json:"created"`
	CreatedBy string    `json:"created_by"`
}

// write makes the archive: layers, then what names them, each under its digest.
func write(out string, tags []string, at time.Time, folders []string) error {
	work, err := os.MkdirTemp(filepath.Dir(out), "image-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	blobs := filepath.Join(work, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	c := newConfig(tags[0], at)
	m := manifest{SchemaVersion: 2, MediaType: typeManifest}
	saved := dockerSaved{RepoTags: tags}
	for _, folder := range folders {
		l, err := writeLayer(blobs, folder, at)
		if err != nil {
			return err
		}
		c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, "sha256:"+l.DiffID)
		c.History = append(c.History, historyLine{at, "layer of " + filepath.Base(folder)})
		m.Layers = append(m.Layers, descriptor{MediaType: typeLayer, Digest: "sha256:" + l.Digest, Size: l.Size})
		saved.Layers = append(saved.Layers, "blobs/sha256/"+l.Digest)
	}
	cd, err := writeJSON(blobs, typeConfig, c)
	if err != nil {
		return err
	}
	m.Config, saved.Config = &cd, "blobs/sha256/"+cd.Digest[len("sha256:"):]
	md, err := writeJSON(blobs, typeManifest, m)
	if err != nil {
		return err
	}
	md.Platform = map[string]string{"os": "linux", "architecture": runtime.GOARCH}
	index := manifest{SchemaVersion: 2, MediaType: typeIndex}
	for _, tag := range tags {
		named := md
		named.Annotations = map[string]string{"io.containerd.image.name": "docker.io/library/" + tag, "org.opencontainers.image.ref.name": tag}
		index.Manifests = append(index.Manifests, named)
	}
	if err := errors.Join(
		writeFile(work, "oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}),
		writeFile(work, "index.json", index),
		writeFile(work, "manifest.json", []dockerSaved{saved}),
	); err != nil {
		return err
	}
	return pack(out, work, at)
}

func newConfig(tag string, at time.Time) config {
	return config{
		Created: at, Architecture: runtime.GOARCH, OS: "linux", RootFS: rootFS{Type: "layers"},
		Config: runConfig{
			User:         "10001:10001",
			Env:          []string{"PATH=/usr/local/bin:/usr/bin:/bin", "EARSHOT_DATA=/var/lib/earshot", "EARSHOT_LISTEN=0.0.0.0:8080", "EARSHOT_INGEST_LISTEN=0.0.0.0:8081"},
			Cmd:          []string{"triage"},
			WorkingDir:   "/var/lib/earshot",
			ExposedPorts: map[string]struct{}{"8080/tcp": {}, "8081/tcp": {}},
			Volumes:      map[string]struct{}{"/var/lib/earshot": {}},
			StopSignal:   "SIGTERM",
			Labels:       map[string]string{"org.opencontainers.image.title": "Earshot", "org.opencontainers.image.version": tag, "org.opencontainers.image.licenses": "Apache-2.0"},
		},
	}
}

// dockerSaved is an entry of docker save's manifest.json.
type dockerSaved struct {
	Config   string
	RepoTags []string
	Layers   []string
}

func writeJSON(blobs, mediaType string, v any) (descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(b)
	digest := hex.EncodeToString(sum[:])
	return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: int64(len(b))}, os.WriteFile(filepath.Join(blobs, digest), b, 0o644)
}

func writeFile(dir, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), b, 0o644)
}

// pack puts the layout into one file, which appears whole or not at all.
func pack(out, layout string, at time.Time) error {
	f, err := os.CreateTemp(filepath.Dir(out), ".image-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // renamed when all went well
	if err := errors.Join(writeTar(f, layout, at), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), out)
}
