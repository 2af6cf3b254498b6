// Command image writes an OCI image archive from folders, one layer a folder, without a container engine and without a base image.
//
//	image -out FILE -tag NAME:VERSION[,NAME:OTHER] [-created RFC3339] FOLDER...
//
// The archive is an OCI image layout with the manifest.json of `docker save` beside it, so that docker load, podman load and skopeo read
// it. The same folders and time make the same bytes.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	out := flag.String("out", "", "file of the archive")
	tag := flag.String("tag", "earshot:latest", "names and versions of the image, comma between them")
	created := flag.String("created", "1970-01-01T00:00:00Z", "time that the image and every file in it carry")
	flag.Parse()
	if err := run(*out, *tag, *created, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(out, tag, created string, folders []string) error {
	at, err := time.Parse(time.RFC3339, created)
	if err != nil {
		return fmt.Errorf("-created %q is not a time such as 2026-11-21T10:00:00Z", created)
	}
	if out == "" || len(folders) == 0 {
		return fmt.Errorf("name the archive with -out and at least one folder")
	}
	return write(out, strings.Split(tag, ","), at.UTC(), folders)
}
