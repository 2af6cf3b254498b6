package settings

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const council = "name: Exampleford District Council\n"

// folder makes settings files out of council.yaml and pairs of name and content.
func folder(pairs ...string) map[string][]byte {
	files := map[string][]byte{CouncilFile: []byte(council)}
	for i := 0; i+1 < len(pairs); i += 2 {
		files[pairs[i]] = []byte(pairs[i+1])
	}
	return files
}

func mustLoad(t *testing.T, files map[string][]byte) *Folder {
	t.Helper()
	f, err := FromFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestThePlatformsTermsShortenRetentionOnly(t *testing.T) {
	const day = 24 * time.Hour
	k := Retention{Text: 100 * Duration(day), Platforms: map[string]Duration{"short": Duration(day), "long": 60 * Duration(day)}}
	in := k.Within(map[string]time.Duration{"short": 2 * day, "long": 30 * day, "other": 7 * day, "eternal": 1000 * day})
	for platform, want := range map[string]time.Duration{"short": day, "long": 30 * day, "other": 7 * day, "eternal": 100 * day, "any": 100 * day} {
		if got := in.TextOf(platform); got != want {
			t.Errorf("text from %s is kept for %v, want %v", platform, got, want)
		}
	}
	if len(k.Platforms) != 2 || k.Platforms["long"] != 60*Duration(day) {
		t.Errorf("the settings themselves are changed: %v", k.Platforms)
	}
}

func TestOnlyTheCouncilIsNeeded(t *testing.T) {
	f := mustLoad(t, folder())
	if f.Council.TimeZone != "Europe/London" || f.Council.OfficeHours.Start != "08:30" || f.Council.OfficeHours.End != "17:00" ||
		!slices.Equal(f.Council.OfficeHours.Days, []string{"mon", "tue", "wed", "thu", "fri"}) {
		t.Errorf("defaults of the council: %+v", f.Council)
	}
	if f.Retention.TextOf("facebook") != 365*24*time.Hour || time.Duration(f.Retention.Log) != 14*24*time.Hour {
		t.Errorf("defaults of retention: %+v", f.Retention)
	}
	if len(f.Services) != 18 || f.Services[0].ID != "waste" || f.Services[0].Name != "Waste and recycling" {
		t.Errorf("services that come with the program: %v", f.Services)
	}
}

// TestBadFolders reads each file of testdata/bad: one settings folder with one mistake, beginning with the sentence that is expected.
func TestBadFolders(t *testing.T) {
	names, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(names) < 35 {
		t.Fatalf("%d fixtures, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			want, files := fixture(t, name)
			_, err := FromFiles(files)
			faults := Faults(err)
			if len(faults) != 1 || faults[0].Error() != want {
				t.Errorf("faults:\n%v\nwant one:\n%s", err, want)
			}
		})
	}
}

// fixture reads "want: SENTENCE", then files, each after a line "-- NAME --".
func fixture(t *testing.T, name string) (want string, files map[string][]byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(string(b), "\n")
	want, ok := strings.CutPrefix(head, "want: ")
	if !ok {
		t.Fatalf("%s does not begin with want:", name)
	}
	files = folder()
	for _, part := range strings.Split("\n"+rest, "\n-- ")[1:] {
		file, body, ok := strings.Cut(part, " --\n")
		if !ok {
			t.Fatalf("%s: a file has no name", name)
		}
		files[file] = []byte(body + "\n")
	}
	return want, files
}

func TestEveryFaultInOneRun(t *testing.T) {
	_, err := FromFiles(folder(PeopleFile, "name,grade\nAnn Other,boss\n,junior\n", FactsFile, "id,statement\nF 1,x\nF2,\n", RoutesFile, "rout: []\n"))
	if got := len(Faults(err)); got != 5 {
		t.Errorf("%d faults, want 5:\n%v", got, err)
	}
	if !slices.IsSortedFunc(Faults(err), func(a, b Fault) int { return strings.Compare(a.File, b.File) }) {
		t.Errorf("faults are not in order of files:\n%v", err)
	}
}

func TestCSVAsExcelWritesIt(t *testing.T) {
	plain := "name,job,grade,also_known_as\nZoë Ånder,\"Clerk, post room\",junior,Zoe|Z\n"
	semicolons := "\ufeffGrade;Name;Also known as;Job;Desk\r\njunior;Zoë Ånder;\"Zoe;Z\";\"Clerk, post room\";14\r\n;;;;\r\n"
	latin, err := charmap.Windows1252.NewEncoder().String("name,job,grade,also_known_as\r\nZoë Ånder,\"Clerk, post room\",junior,Zoe|Z\r\n")
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll("name\tjob\tgrade\talso_known_as\nZoë Ånder\tClerk, post room\tjunior\tZoe|Z\n", "\n", "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"commas": plain, "semicolons": semicolons, "windows-1252": latin, "utf-16 with tabs": utf16, "sep line": "sep=,\n" + plain} {
		t.Run(name, func(t *testing.T) {
			f := mustLoad(t, folder(PeopleFile, text))
			if len(f.People) != 1 {
				t.Fatalf("people = %+v", f.People)
			}
			p := f.People[0]
			if p.Name != "Zoë Ånder" || p.Job != "Clerk, post room" || p.Grade != Junior || !slices.Equal(p.AlsoKnownAs, []string{"Zoe", "Z"}) {
				t.Errorf("person = %+v", p)
			}
			if name == "semicolons" && p.Extra["Desk"] != "14" {
				t.Errorf("an unknown column is lost: %v", p.Extra)
			}
			noted := len(f.Notes) > 0 && strings.Contains(f.Notes[len(f.Notes)-1].Error(), "Windows-1252")
			if noted != (name == "windows-1252") {
				t.Errorf("notes = %v", f.Notes)
			}
		})
	}
}

func TestLineNumbersSurviveQuotedLineBreaks(t *testing.T) {
	_, err := FromFiles(folder(FactsFile, "sep=;\nid;statement\nF1;\"one\ntwo\nthree\"\nF1;again\n"))
	if f := Faults(err); len(f) != 1 || f[0].Line != 6 || !strings.Contains(f[0].Problem, "the first is on line 3") {
		t.Errorf("faults = %v", err)
	}
}

func TestNotes(t *testing.T) {
	f := mustLoad(t, folder(PeopleFile, "name,grade,e-mails\nAnn Other,junior,x\n", ServicesFile, "id,name\nwast,Bins\n"))
	all := ""
	for _, n := range f.Notes {
		all += n.Error() + "\n"
	}
	for _, want := range []string{
		`people.csv, line 1: column "e-mails" is kept but not used; did you mean email.`,
		`services.csv, line 2: service "wast" is new; if it was meant to be waste, write that.`,
		`council.yaml, line 1: inboxes.publicity is empty, so the default routes can mail nobody there.`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no note %q in:\n%s", want, all)
		}
	}
}

func TestServicesAreMerged(t *testing.T) {
	f := mustLoad(t, folder(ServicesFile, "manager_email,id,name\nw@x.org,waste,\nh@x.org,harbour,Harbour\n"))
	waste, _ := f.Service("waste")
	harbour, _ := f.Service("harbour")
	if waste.Name != "Waste and recycling" || waste.ManagerEmail != "w@x.org" || harbour.Name != "Harbour" || len(f.Services) != 19 {
		t.Errorf("waste = %+v, harbour = %+v, %d services", waste, harbour, len(f.Services))
	}
	if _, ok := f.Service("zoo"); ok {
		t.Error("a service that nobody named is there")
	}
}

func TestDatesAndModes(t *testing.T) {
	f := mustLoad(t, folder(FactsFile, "id,statement,valid_from,valid_to\nF1,x,01/04/2026,2027-03-31\n",
		ModesFile, "periods:\n  - {mode: pre-election, start: 2027-03-28, end: 2027-05-07 07:00, by: MO}\n  - {mode: emergency, start: '2026-11-21T10:00:00Z'}\n"))
	if got := f.Facts[0].ValidFrom.Format(time.DateOnly); got != "2026-04-01" {
		t.Errorf("valid_from = %s", got)
	}
	p := f.Modes.Periods[0]
	if p.Start.UTC().Format(time.RFC3339) != "2027-03-28T00:00:00Z" || p.End.UTC().Format(time.RFC3339) != "2027-05-07T06:00:00Z" {
		t.Errorf("period %v to %v, want midnight and seven o'clock in London", p.Start.UTC(), p.End.UTC())
	}
	if !f.Modes.Periods[1].End.IsZero() {
		t.Error("an emergency that goes on has an end")
	}
}

func TestTemplates(t *testing.T) {
	f := mustLoad(t, folder("templates/complaint.txt", "\ufeff---\r\nname: Redirect\r\nfor: complaint\r\n---\r\nDear neighbour,\r\n\r\n--- see below.\r\n"))
	if got := f.Templates["complaint"]; got.Head["name"] != "Redirect" || got.Body != "Dear neighbour,\n\n--- see below.\n" {
		t.Errorf("template = %+v", got)
	}
	if !slices.Equal(f.TemplateNames(), []string{"complaint"}) {
		t.Errorf("names = %v", f.TemplateNames())
	}
}

func TestLoadReadsOnlySettings(t *testing.T) {
	f, err := Load(fstest.MapFS{"council.yaml": {Data: []byte(council)}, ".DS_Store": {Data: []byte{0xff}}, "notes.docx": {Data: []byte("x")}})
	if err != nil || !slices.ContainsFunc(f.Notes, func(n Fault) bool { return n.File == "notes.docx" }) {
		t.Errorf("Load = %+v, %v", f, err)
	}
	for name, want := range map[string]string{
		"people.CSV":            "people.CSV: no settings file has this name; did you mean people.csv.",
		"routes.yml":            "routes.yml: no settings file has this name; did you mean routes.yaml.",
		"templates/My File.txt": "templates/My File.txt: a template's file name is small letters, digits, - and _, then .txt or .md.",
	} {
		_, err := Load(fstest.MapFS{"council.yaml": {Data: []byte(council)}, name: {Data: []byte("x")}})
		if f := Faults(err); len(f) != 1 || f[0].Error() != want {
			t.Errorf("%s gave %v, want %s", name, err, want)
		}
	}
	big := fstest.MapFS{"council.yaml": {Data: []byte(council)}, "people.csv": {Data: make([]byte, MaxFileBytes+1)}}
	if _, err := Load(big); err == nil || !strings.Contains(err.Error(), "people.csv: the file is larger than 4 MiB") {
		t.Errorf("a huge file gave %v", err)
	}
	if _, err := Load(os.DirFS(filepath.Join(t.TempDir(), "nowhere"))); err == nil {
		t.Error("a folder that is not there gave no fault")
	}
}

func TestExportAndReadBack(t *testing.T) {
	files, err := ReadFiles(Sample())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Export(dir, files); err != nil {
		t.Fatal(err)
	}
	back, err := ReadFiles(os.DirFS(dir))
	if err != nil || Version(back) != Version(files) || !slices.Equal(slices.Sorted(maps.Keys(back)), slices.Sorted(maps.Keys(files))) {
		t.Errorf("read back %d files, %v; exported %d", len(back), err, len(files))
	}
	for _, name := range []string{"../x", "/etc/passwd", "templates/../../x", "templates/.x", "secrets.yaml", "templates/a/b.txt"} {
		if err := Export(dir, map[string][]byte{name: nil}); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

func TestVersionChangesWithEveryByte(t *testing.T) {
	base := Version(folder())
	for what, files := range map[string]map[string][]byte{
		"content": {CouncilFile: []byte(council + " ")}, "name": {PeopleFile: []byte(council)}, "more": folder(TermsFile, ""),
	} {
		if Version(files) == base {
			t.Errorf("another %s has the same version", what)
		}
	}
	if mustLoad(t, folder()).Version != base {
		t.Error("the folder does not know its version")
	}
}
