package settings

import "testing"

// FuzzFromFiles wants an answer for any bytes: a folder or faults, each a sentence with its file, and never a panic.
func FuzzFromFiles(f *testing.F) {
	f.Add("people.csv", []byte("name;grade\n\"Ann\";junior\n"))
	f.Add("facts.csv", []byte("sep=|\nid|statement\nF1|x\n"))
	f.Add("council.yaml", []byte("name: &a x\naliases: [*a]\n"))
	f.Add("routes.yaml", []byte("routes: [{id: a, labels: [x], min_score: 1e9}]"))
	f.Add("templates/x.txt", []byte("---\na: b\n---\nc"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		files := folder(name, string(b))
		got, err := FromFiles(files)
		if (got == nil) != (err != nil) {
			t.Fatalf("FromFiles = %v, %v", got, err)
		}
		for _, fault := range Faults(err) {
			if fault.File == "" || fault.Problem == "" {
				t.Errorf("a fault says nothing: %+v", fault)
			}
		}
	})
}
