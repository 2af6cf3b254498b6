package settings

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Load reads and judges the settings folder fsys. Its error joins one Fault for every mistake, so that one run shows them all; the
// Folder is then nil. Only council.yaml must be there.
func Load(fsys fs.FS) (*Folder, error) {
	var r report
	return build(readFiles(fsys, &r), &r)
}

// FromFiles judges settings files given by name, as they are kept on the settings topic. It differs from Load in one thing: a name
// that is not KnownFile is a Fault.
func FromFiles(files map[string][]byte) (*Folder, error) {
	var r report
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !KnownFile(name) {
			meant := "; known are templates/NAME.txt and " + list(FileNames)
			if near := nearestFile(name); near != "" {
				meant = "; did you mean " + near
			}
			r.fault(name, 0, "this is not the name of a settings file%s", meant)
		}
	}
	return build(files, &r)
}

func build(files map[string][]byte, r *report) (*Folder, error) {
	f := &Folder{Version: Version(files), Templates: map[string]Template{}}
	if b, ok := files[CouncilFile]; ok {
		f.Council = readCouncil(b, r)
	} else {
		r.fault(CouncilFile, 0, "the file is missing; it must give at least the council's name")
	}
	f.People = readPeople(files[PeopleFile], r)
	f.Services = readServices(files[ServicesFile], r)
	f.Facts = readFacts(files[FactsFile], r)
	f.Terms = readTerms(files[TermsFile], r)
	f.Sources = readSources(files[SourcesFile], r)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if base, ok := strings.CutPrefix(name, TemplatesDir+"/"); ok {
			readTemplate(name, base, files[name], f.Templates, r)
		}
	}
	f.Routes = readRoutes(files[RoutesFile], f, r)
	f.Modes = readModes(files[ModesFile], f.Council.Location(), r)
	f.Retention = readRetention(files[RetentionFile], r)
	f.Searches = readSearches(files[SearchesFile], r)
	f.Classifier = readClassifier(files[ClassifierFile], r)
	if err := r.err(); err != nil {
		return nil, err
	}
	sortFaults(r.notes)
	f.Notes = r.notes
	return f, nil
}
