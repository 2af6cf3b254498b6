package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOneMentionsWholeWay walks the program as its users do, from an empty folder on the sample council: mentions arrive, are found and
// escalated by mail; a post is handed in, worked and erased; a screenshot is reported; everything survives a restart, a rebuild and a restore.
func TestOneMentionsWholeWay(t *testing.T) {
	s := newSystem(t, t.TempDir())
	s.start()

	s.Until("the sample council's mentions have arrived", 2*time.Minute, func() error {
		if n, err := s.Total(""); err != nil || n < 20 {
			return fmt.Errorf("%d mentions, %v", n, err)
		}
		return nil
	})
	s.Until("a mail has been written", time.Minute, func() error {
		if mails, _ := filepath.Glob(filepath.Join(s.data, "mail", "*.eml")); len(mails) == 0 {
			return errors.New("none")
		}
		return nil
	})

	id := handInAndFind(t, s)
	workTheCase(t, s, id)
	reportAScreenshot(t, s)

	s.Stop()
	s.start()
	s.settled(time.Minute)
	before, err := s.Total("")
	if err != nil {
		t.Fatal(err)
	}
	if m := s.mention(id); m.Case.State != "acknowledged" || len(m.Events) < 2 {
		t.Errorf("after a restart the case is %q with %d events", m.Case.State, len(m.Events))
	}
	s.Run("triage", "rebuild")
	if after, err := s.Total(""); err != nil || after != before {
		t.Errorf("after a rebuild search finds %d (%v), before it %d", after, err, before)
	}
	restoreElsewhere(t, s, id, before)
	eraseTheAuthor(t, s, id, before)
	settingsGoRound(t, s)
	tokensEnd(t, s)
}

type answer struct {
	Mention struct{ ID, Text string }
	Verdict struct{ Labels []string }
	Case    struct{ State string }
	Events  []struct{ Type, Note string }
}

func (s *system) mention(id string) answer {
	s.t.Helper()
	var a answer
	if err := s.Get("/api/v1/mentions/"+url.PathEscape(id), &a); err != nil {
		s.t.Fatal(err)
	}
	return a
}

// handInAndFind hands in three good lines and three bad ones, and finds what it handed in.
func handInAndFind(t *testing.T, s *system) string {
	t.Helper()
	id := "bluesky:at://did:plc:abc123/app.bsky.feed.post/3lx"
	body := `{"id":"` + id + `","platform":"bluesky","text":"Marrowby council have missed our bins again, absolutely useless, third week now #BinDay","created_at":"2026-11-20T08:00:00Z","author":{"handle":"cross-resident"},"mood":"cross"}
{"id":"forum:1","platform":"forum","text":"anyone know when the zebrafinch hall opens","created_at":"2026-11-20T08:00:00Z"}
{"id":"forum:2","platform":"forum","text":
{"id":"forum:3","platform":"forum","text":"in the far future","created_at":"9999-01-01T00:00:00Z"}
` + `{"id":"forum:4","platform":"forum","text":"` + strings.Repeat("x", 2<<20) + `","created_at":"2026-11-20T08:00:00Z"}
` + "{\"id\":\"forum:5\",\"platform\":\"forum\",\"text\":\"bad \xff\xfe bytes\",\"created_at\":\"2026-11-20T08:00:00Z\"}\n"
	var r struct {
		Accepted int
		Rejected []struct {
			Line  int
			Error string
		}
	}
	if err := s.Call("POST", "/api/v1/mentions", "application/x-ndjson", strings.NewReader(body), &r); err != nil {
		t.Fatal(err)
	}
	if r.Accepted != 2 || len(r.Rejected) != 4 || r.Rejected[0].Line != 3 || r.Rejected[1].Line != 4 {
		t.Errorf("hand-in answered %+v, want 2 accepted and lines 3 to 6 rejected", r)
	}
	for _, x := range r.Rejected {
		if x.Error == "" || strings.Contains(x.Error, "far future") {
			t.Errorf("line %d: the sentence is %q", x.Line, x.Error)
		}
	}
	s.Until("the mention is searchable", 10*time.Second, func() error {
		if n, err := s.Total("#binday from:cross-resident tag:complaint"); err != nil || n != 1 {
			return fmt.Errorf("%d, %v", n, err)
		}
		return nil
	})
	var raw map[string]json.RawMessage
	if err := s.Get("/api/v1/mentions/"+url.PathEscape(id), &raw); err != nil || !bytes.Contains(raw["mention"], []byte(`"mood":"cross"`)) {
		t.Errorf("the member the program does not know is gone: %s, %v", raw["mention"], err)
	}
	return id
}

// workTheCase acknowledges and notes; the very next read shows it.
func workTheCase(t *testing.T, s *system, id string) {
	t.Helper()
	s.Until("the case is open", 10*time.Second, func() error {
		if m := s.mention(id); m.Case.State != "new" {
			return fmt.Errorf("state %q", m.Case.State)
		}
		return nil
	})
	for _, act := range []string{`{"type":"acknowledged"}`, `{"type":"noted","note":"rung the depot"}`} {
		if err := s.Call("POST", "/api/v1/mentions/"+url.PathEscape(id)+"/events", "application/json", strings.NewReader(act), nil); err != nil {
			t.Fatal(err)
		}
	}
	m := s.mention(id)
	if m.Case.State != "acknowledged" || len(m.Events) == 0 || m.Events[len(m.Events)-1].Note != "rung the depot" {
		t.Errorf("the next read shows state %q and events %+v", m.Case.State, m.Events)
	}
	if err := s.Call("POST", "/api/v1/mentions/"+url.PathEscape(id)+"/events", "application/json", strings.NewReader(`{"type":"exploded"}`), nil); err == nil {
		t.Error("an unknown act was taken")
	}
}

// reportAScreenshot hands in a picture and finds the report by its reference; a repetition makes no second one.
func reportAScreenshot(t *testing.T, s *system) {
	t.Helper()
	send := func() (ref string) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("files", "shot.png")
		if err == nil {
			err = png.Encode(part, image.NewGray(image.Rect(0, 0, 40, 60)))
		}
		if err = errors.Join(err, w.WriteField("note", "quokka comment in a group"), w.WriteField("relation", "council"), w.Close()); err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequest("POST", "http://"+s.Addr+"/api/v1/reports", &body)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token)
		req.Header.Set("Content-Type", w.FormDataContentType())
		req.Header.Set("Idempotency-Key", "key-1")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		var r struct {
			Reference string `json:"reference"`
			StatusURL string `json:"status_url"`
		}
		if err := json.Unmarshal(b, &r); err != nil || resp.StatusCode != 201 || r.Reference == "" || r.StatusURL == "" {
			t.Fatalf("report: %s %s", resp.Status, b)
		}
		return r.Reference
	}
	ref := send()
	if again := send(); again != ref {
		t.Errorf("the same report sent twice has references %s and %s", ref, again)
	}
	s.Until("the report is found by its reference", 10*time.Second, func() error {
		if n, err := s.Total("ref:" + ref); err != nil || n != 1 {
			return fmt.Errorf("%d, %v", n, err)
		}
		return nil
	})
}

// restoreElsewhere backs up the running system, restores into an empty folder and finds the same there; no mail is sent again.
func restoreElsewhere(t *testing.T, s *system, id string, total int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	s.Run("triage", "backup", file)
	other := newSystem(t, filepath.Join(t.TempDir(), "data"))
	if out, errs, code := other.Exec(nil, "triage", "restore", file); code != 0 {
		t.Fatalf("restore: %s%s", out, errs)
	}
	if _, errs, code := other.Exec(nil, "triage", "restore", file); code != 1 || !strings.Contains(errs, "is not empty") {
		t.Errorf("a second restore into the same folder ended with %d: %s", code, errs)
	}
	other.Token = s.Token // tokens are in the backup
	other.start()
	other.Until("the restored system has the same mentions", 30*time.Second, func() error {
		if n, err := other.Total(""); err != nil || n != total {
			return fmt.Errorf("%d of %d, %v", n, total, err)
		}
		return nil
	})
	if m := other.mention(id); m.Case.State != "acknowledged" {
		t.Errorf("the restored case is %q", m.Case.State)
	}
	if mails, _ := filepath.Glob(filepath.Join(other.data, "mail", "*.eml")); len(mails) != 0 {
		t.Errorf("the restored system sent %d mails again", len(mails))
	}
	other.Stop()
}

// eraseTheAuthor erases on request: the words are gone everywhere, and handing the mention in again does not bring it back.
func eraseTheAuthor(t *testing.T, s *system, id string, before int) {
	t.Helper()
	s.Run("triage", "erase", "--author", "@cross-resident", "--why", "request 12")
	s.Until("the erased mention is gone", 10*time.Second, func() error {
		if err := s.Get("/api/v1/mentions/"+url.PathEscape(id), &answer{}); err == nil {
			return errors.New("it can still be read")
		}
		if n, err := s.Total(""); err != nil || n != before-1 {
			return fmt.Errorf("search finds %d, %v", n, err)
		}
		return nil
	})
	line := `{"id":"` + id + `","platform":"bluesky","text":"back again","created_at":"2026-11-20T08:00:00Z"}`
	if err := s.Call("POST", "/api/v1/mentions", "application/x-ndjson", strings.NewReader(line), nil); err != nil {
		t.Fatal(err)
	}
	s.settled(time.Minute)
	if n, err := s.Total(""); err != nil || n != before-1 {
		t.Errorf("after it was handed in again search finds %d (%v), want %d", n, err, before-1)
	}
}

// settingsGoRound exports, breaks, mends and imports the settings.
func settingsGoRound(t *testing.T, s *system) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "settings")
	s.Run("triage", "settings", "export", dir)
	if out := s.Run("triage", "check", "--settings", dir); !strings.Contains(out, "nothing is wrong") {
		t.Errorf("check of an export: %s", out)
	}
	broken := filepath.Join(dir, "terms.yaml")
	if err := os.WriteFile(broken, []byte("terms:\n  - {id: a, query: '\"unclosed'}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, code := s.Exec(nil, "triage", "check", "--settings", dir); code != 1 || !strings.Contains(out, "terms.yaml") {
		t.Errorf("check of a broken term ended with %d: %s", code, out)
	}
	if _, errs, code := s.Exec(nil, "triage", "settings", "import", dir); code != 1 || !strings.Contains(errs, "terms.yaml") {
		t.Errorf("import of a broken term ended with %d: %s", code, errs)
	}
	if err := os.WriteFile(broken, []byte("terms:\n  - {id: hall, query: 'town hall', subject: place, by: comms, why: listening}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := s.Run("triage", "settings", "import", dir); !strings.HasPrefix(out, "1 of ") {
		t.Errorf("import of one changed file: %s", out)
	}
}

// tokensEnd revokes a token, which then opens nothing.
func tokensEnd(t *testing.T, s *system) {
	t.Helper()
	extra := *s.Program
	extra.Token = s.NewToken("hr", "short-lived")
	if err := extra.Get("/api/v1/mentions?limit=0", nil); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(s.Run("triage", "token", "list")) {
		if strings.Contains(line, "short-lived") {
			s.Run("triage", "token", "revoke", strings.Fields(line)[0])
		}
	}
	if err := extra.Get("/api/v1/mentions?limit=0", nil); err == nil {
		t.Error("a revoked token still opens the API")
	}
	if out, errs, code := s.Exec(nil, "triage", "token", "create", "--role", "emperor"); code != 1 || !strings.Contains(errs, "is not a role") {
		t.Errorf("a token for an unknown role ended with %d: %s%s", code, out, errs)
	}
}

// TestCommandLineRefusesInOneSentence lists what people mistype.
func TestCommandLineRefusesInOneSentence(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  string
		args []string
		code int
		want string
	}{
		{"unknown command", "", []string{"classfy"}, 2, `there is no command "classfy"`},
		{"unknown variable", "EARSHOT_LISTN=:1", []string{"verify"}, 1, "EARSHOT_LISTN is not a variable"},
		{"missing word", "", []string{"backup"}, 2, "usage: triage backup FILE"},
		{"unknown flag", "", []string{"check", "--setings", "x"}, 2, "flag provided but not defined"},
		{"missing folder", "", []string{"check", "--settings", "/nowhere"}, 1, "cannot be read"},
		{"classify without settings", "", []string{"classify"}, 2, "usage: triage classify"},
		{"not a backup", "", []string{"restore", "/etc/hostname"}, 1, "restore from /etc/hostname"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			environ := []string{"EARSHOT_DATA=" + t.TempDir()}
			if tt.env != "" {
				environ = append(environ, tt.env)
			}
			code := run(t.Context(), tt.args, environ, strings.NewReader(""), &out, &errs)
			if all := out.String() + errs.String(); code != tt.code || !strings.Contains(all, tt.want) {
				t.Errorf("ended with %d: %s, want %d and %q", code, all, tt.code, tt.want)
			}
		})
	}
}

// TestClassifyWithoutTheEncoder: considered verdicts are asked for by default; where the encoder cannot be loaded, one sentence says so and the
// verdicts are fast ones.
func TestClassifyWithoutTheEncoder(t *testing.T) {
	in := strings.NewReader(`{"id":"forum:1","platform":"forum","text":"The bins were missed again","created_at":"2026-11-20T08:00:00Z"}` + "\n")
	var out, errs bytes.Buffer
	environ := []string{"EARSHOT_ENCODER_LIB=" + filepath.Join(t.TempDir(), "nowhere.so")}
	code := run(t.Context(), []string{"classify", "--settings", councilFolder(t)}, environ, in, &out, &errs)
	if code != 0 || strings.Count(errs.String(), "\n") != 1 || !strings.Contains(errs.String(), "the verdicts are fast ones, because ") {
		t.Errorf("ended with %d and said %q", code, errs.String())
	}
	if !strings.Contains(out.String(), `"stage":"fast"`) {
		t.Errorf("verdicts: %s", out.String())
	}
}

// TestClassifyKeepsOrderAndReportsBadLines drives triage classify without any engine.
func TestClassifyKeepsOrderAndReportsBadLines(t *testing.T) {
	var in bytes.Buffer
	for i := range 1200 {
		fmt.Fprintf(&in, `{"id":"forum:%d","platform":"forum","text":"The bins were missed again, useless council, number %d","created_at":"2026-11-20T08:00:00Z"}`+"\n", i, i)
		if i == 600 {
			in.WriteString("{broken\n")
		}
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"classify", "--settings", councilFolder(t), "--model", "fast"}, nil, &in, &out, &errs)
	if code != 1 || !strings.Contains(errs.String(), "line 602: ") {
		t.Errorf("ended with %d and said %q, want 1 and line 602", code, errs.String())
	}
	dec := json.NewDecoder(&out)
	for i := range 1200 {
		var v struct {
			ID, Stage string
			Labels    []string
		}
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		if v.ID != fmt.Sprintf("forum:%d", i) || v.Stage != "fast" || len(v.Labels) == 0 {
			t.Fatalf("verdict %d is %+v", i, v)
		}
	}
}
