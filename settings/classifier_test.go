package settings

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestClassifierFile(t *testing.T) {
	c := Classifier{On: "local-1", Versions: []ClassifierVersion{{Name: "local-1", Base: "ab12cd34", Made: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Fitted: 200,
		Fast: map[string]Tuning{"abuse": {A: 1.1, B: -0.2, Mix: map[string]float64{"complaint": 0.1}, Threshold: 0.5, Low: 0.3, High: 0.7}}}}}
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f := mustLoad(t, folder(ClassifierFile, string(b)))
	if !reflect.DeepEqual(f.Classifier, c) || f.Classifier.Version("local-1") == nil || f.Classifier.Version("") != nil || f.Classifier.Version("x") != nil {
		t.Errorf("read back %+v", f.Classifier)
	}
	for text, words := range map[string]string{
		`{`: "not one that triage train wrote", `{"of":1}`: "not one that triage train wrote",
		`{"on":"local-9","versions":[]}`:                                      `no version "local-9"`,
		`{"versions":[{"name":"a"},{"name":"a"}]}`:                            "the name of another",
		strings.Replace(string(b), `"abuse"`, `"junior_officer"`, 1):          `tuning of "junior_officer"`,
		strings.Replace(string(b), `"a":1.1`, `"a":-1`, 1):                    "cannot be used",
		strings.Replace(string(b), `"low":0.3`, `"low":0.9`, 1):               "cannot be used",
		strings.Replace(string(b), `"complaint":0.1`, `"threat":0.1`, 1):      "cannot be used",
		strings.Replace(string(b), `"threshold":0.5`, `"threshold":1e300`, 1): "cannot be used",
	} {
		_, err := FromFiles(folder(ClassifierFile, text))
		if faults := Faults(err); len(faults) == 0 || !strings.Contains(faults[0].Problem, words) {
			t.Errorf("%s: %v, want %q", text, err, words)
		}
	}
}
