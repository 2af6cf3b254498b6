package settings

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// MaxFileBytes bounds one settings file. A roster of 20,000 people takes about 3 MiB.
const MaxFileBytes = 4 << 20

// The files of a settings folder. Beside them there is one file a template under templates/.
const (
	CouncilFile    = "council.yaml"
	PeopleFile     = "people.csv"
	FactsFile      = "facts.csv"
	ServicesFile   = "services.csv"
	TermsFile      = "terms.yaml"
	SourcesFile    = "sources.yaml"
	RoutesFile     = "routes.yaml"
	ModesFile      = "modes.yaml"
	RetentionFile  = "retention.yaml"
	SearchesFile   = "searches.yaml"
	ClassifierFile = "classifier.json"
	TemplatesDir   = "templates"
)

// FileNames lists the files of a settings folder, without templates, in the order in which pages show them.
var FileNames = []string{CouncilFile, PeopleFile, FactsFile, ServicesFile, TermsFile, SourcesFile, RoutesFile, ModesFile, RetentionFile, SearchesFile, ClassifierFile}

var templateName = regexp.MustCompile(`^templates/[a-z0-9][a-z0-9_-]{0,63}(\.txt|\.md)?$`)

// KnownFile reports whether name is a file of a settings folder: one of FileNames, or templates/NAME with a name of small letters,
// digits, hyphens and underscores, and .txt, .md or no extension. Nothing else is ever read, stored or written.
func KnownFile(name string) bool {
	return slices.Contains(FileNames, name) || templateName.MatchString(name)
}

// Version names the content of files: 12 hexadecimal digits that change when any byte or name does.
func Version(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%d:%s%d:", len(name), name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// ReadFiles returns the bytes of every settings file in fsys by its name. Its error joins a Fault for each file that cannot be
// read, is too large, or whose name looks like a slip for a known one; other files are left alone.
func ReadFiles(fsys fs.FS) (map[string][]byte, error) {
	var r report
	files := readFiles(fsys, &r)
	return files, r.err()
}

func readFiles(fsys fs.FS, r *report) map[string][]byte {
	files := map[string][]byte{}
	for _, dir := range []string{".", TemplatesDir} {
		entries, err := fs.ReadDir(fsys, dir)
		if err != nil {
			if dir == "." || !errors.Is(err, fs.ErrNotExist) {
				r.fault(dir, 0, "the folder cannot be read: %v", err)
			}
			continue
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			switch {
			case strings.HasPrefix(e.Name(), "."), name == TemplatesDir:
			case KnownFile(name):
				readFile(fsys, name, files, r)
			case dir == TemplatesDir:
				r.fault(name, 0, "a template's file name is small letters, digits, - and _, then .txt or .md")
			case nearestFile(e.Name()) != "":
				r.fault(name, 0, "no settings file has this name; did you mean %s", nearestFile(e.Name()))
			default:
				r.note(name, 0, "this is not a settings file and was left alone")
			}
		}
	}
	return files
}

// nearestFile is Nearest for files, whose extension may be another one altogether: people.xlsx, routes.yml.
func nearestFile(name string) string {
	stem := strings.TrimSuffix(name, path.Ext(name))
	for _, f := range FileNames {
		if strings.EqualFold(stem, strings.TrimSuffix(f, path.Ext(f))) {
			return f
		}
	}
	return Nearest(name, FileNames)
}

func readFile(fsys fs.FS, name string, files map[string][]byte, r *report) {
	f, err := fsys.Open(name)
	if err != nil {
		r.fault(name, 0, "the file cannot be opened: %v", err)
		return
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	switch {
	case err != nil:
		r.fault(name, 0, "the file cannot be read: %v", err)
	case len(b) > MaxFileBytes:
		r.fault(name, 0, "the file is larger than %d MiB; split it or take out what is not needed", MaxFileBytes>>20)
	default:
		files[name] = b
	}
}

// Export writes files into dir as they are, making dir when it is missing. Each file is replaced whole or not at all. Names outside
// KnownFile are refused before anything is written. The files name members of staff, so only their owner may read them.
func Export(dir string, files map[string][]byte) error {
	for name := range files {
		if !KnownFile(name) {
			return fmt.Errorf("%q is not the name of a settings file", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		to := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("export settings: %w", err)
		}
		if err := writeWhole(to, files[name]); err != nil {
			return fmt.Errorf("export %s: %w", name, err)
		}
	}
	return nil
}

func writeWhole(to string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(to), ".export-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when the rename succeeded
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), to)
}
