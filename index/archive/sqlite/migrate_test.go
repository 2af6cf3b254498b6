package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/casework"
	"earshot/index/archive"
	"earshot/index/archive/sqlite"
	"earshot/index/indextest"
)

func runSQL(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range statements {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// firstRecord makes a file as the program's first schema wrote it, with a mention and a delivery in it.
func firstRecord(t *testing.T, path string) (id string) {
	t.Helper()
	script, err := os.ReadFile("migrations/0001_record.sql")
	if err != nil {
		t.Fatal(err)
	}
	runSQL(t, path, string(script), "PRAGMA application_id = 0x45617273", "PRAGMA user_version = 1")
	tagged := indextest.Sample(3, 1)[0]
	tagged.Mention.Author.ID = "did:plc:sample"
	body, err := archive.Pack(tagged)
	if err != nil {
		t.Fatal(err)
	}
	e := casework.Event{Mention: tagged.Mention.ID, Type: casework.Delivered, At: tagged.Mention.CreatedAt, To: "publicity@council.example"}
	event, err := archive.PackValue(e)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	key := archive.Key(tagged.Mention.ID)
	if _, err := db.Exec(`INSERT INTO mentions (n, key, id, thread, gone, past, seen, kept, version, folded, body) VALUES (1, ?, ?, NULL, 0, 0, 1, 1, x'0011223344556677', NULL, ?)`,
		key, tagged.Mention.ID, body); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO events (n, key, mention, id, type, body) VALUES (1, ?, ?, 'd1', 'delivered', ?)", archive.Key("d1"), key, event); err != nil {
		t.Fatal(err)
	}
	return tagged.Mention.ID
}

func TestOlderRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.db")
	id := firstRecord(t, path)
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := sqlite.Pragma(t, s, "user_version"); got != 3 {
		t.Fatalf("schema %d", got)
	}
	rec, err := s.Get(t.Context(), casework.Viewer{Role: casework.System}, id)
	if err != nil || rec.Mention.Text == "" || len(rec.Events) != 1 {
		t.Fatal(rec, err)
	}
	held, err := s.Held(t.Context(), rec.Mention.Source, time.Time{}, "", 10)
	if err != nil || len(held) != 1 || held[0].ID != id {
		t.Fatal(held, err)
	}
	if !archive.IsDID(rec.Mention.Author.ID) {
		t.Fatal("the author is no DID", rec.Mention.Author)
	}
	of, err := s.OfAuthors(t.Context(), rec.Mention.Platform, []string{rec.Mention.Author.ID})
	if err != nil || len(of[rec.Mention.Author.ID]) != 1 {
		t.Fatal(of, err)
	}
	deliveries := 0
	if err := s.Deliveries(t.Context(), func(e casework.Event) error { deliveries++; return nil }); err != nil || deliveries != 1 {
		t.Fatal(deliveries, err)
	}
	if r, err := s.PutTagged(t.Context(), indextest.Sample(50, 20)); err != nil || r.New != 20 {
		t.Fatal(r, err)
	}
}

func TestNewerRecord(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record.db")
	firstRecord(t, path)
	runSQL(t, path, "PRAGMA user_version = 99")
	_, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if !errors.Is(err, archive.ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Fatal(err)
	}
}

func TestForeignFile(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other.db")
	runSQL(t, other, "CREATE TABLE t (x)", "PRAGMA user_version = 1")
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{other, text, filepath.Join(dir, "missing", "record.db"), ""} {
		if s, err := sqlite.Open(t.Context(), sqlite.Config{Path: path}); err == nil {
			s.Close()
			t.Errorf("%q was opened as a record", path)
		}
	}
	before, err := os.ReadFile(text)
	if err != nil || !strings.HasPrefix(string(before), "not a database") {
		t.Fatal("a foreign file was changed")
	}
}
