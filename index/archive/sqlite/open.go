package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"sync"

	"earshot/index/archive"

	_ "modernc.org/sqlite" // the driver
)

var (
	_ archive.Store    = (*Store)(nil)
	_ archive.Backuper = (*Store)(nil)
)

// Memory of the page caches in KiB: 16 MiB for the writer, 4 MiB for each of the readers.
const (
	writerCacheKiB = 16 << 10
	readerCacheKiB = 4 << 10
)

// Store is the record in one SQLite file.
type Store struct {
	cfg   Config
	log   *slog.Logger
	read  *sql.DB
	write *sql.DB

	// mu is held through every write: the fields below belong to the writer.
	mu        sync.Mutex
	closed    bool
	nextRow   int64             // of mentions
	nextEvent int64             // of events
	erased    map[[32]byte]bool // every hash in erasures
	inserts   map[int]*sql.Stmt // of mentions, by number of rows
	putEvent  *sql.Stmt
	putCase   *sql.Stmt
}

// Open opens the record, making it when it is absent and bringing it to this program's schema when it is older. Errors:
// archive.ErrNewer, wrapped, when it is newer.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Readers == 0 {
		cfg.Readers = 4
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	s := &Store{cfg: cfg, log: cfg.Log.With("component", "archive")}
	if err := s.open(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("open the record: %w", err)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := prepareFile(ctx, s.cfg.Path); err != nil {
		return err
	}
	var err error
	if s.write, err = connect(s.cfg.Path, writerCacheKiB, "_txlock=immediate"); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write, s.log); err != nil {
		return err
	}
	if s.read, err = connect(s.cfg.Path, readerCacheKiB, "_pragma=query_only(1)"); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(s.cfg.Readers)
	s.read.SetMaxIdleConns(s.cfg.Readers)
	return s.loadWriter(ctx)
}

// prepareFile makes the file with our page size and write-ahead log. Both are kept in the file, and the page size must come first.
func prepareFile(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(path, "_pragma=busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, p := range []string{"PRAGMA page_size = 8192", "PRAGMA journal_mode = WAL"} {
		if _, err := db.ExecContext(ctx, p); err != nil {
			return full(err)
		}
	}
	return nil
}

func connect(path string, cacheKiB int, extra string) (*sql.DB, error) {
	return sql.Open("sqlite", dsn(path, fmt.Sprintf("_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_pragma=secure_delete(1)"+
		"&_pragma=temp_store(MEMORY)&_pragma=journal_size_limit(67108864)&_pragma=cache_size(%d)&%s", -cacheKiB, extra)))
}

func dsn(path, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}).String()
}

// loadWriter reads what the writer keeps in memory.
func (s *Store) loadWriter(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := s.write.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) + 1 FROM mentions").Scan(&s.nextRow); err != nil {
		return err
	}
	if err := s.write.QueryRowContext(ctx, "SELECT coalesce(max(n), 0) + 1 FROM events").Scan(&s.nextEvent); err != nil {
		return err
	}
	s.erased = map[[32]byte]bool{}
	rows, err := s.write.QueryContext(ctx, "SELECT hash FROM erasures")
	return each(rows, err, func(scan scanner) error {
		var h []byte
		err := scan(&h)
		if err == nil {
			s.erased[[32]byte(h)] = true
		}
		return err
	})
}

// Ping reads one row of the record.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM mentions LIMIT 1)").Scan(&one)
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return nil
}

// Close waits for the write under way and closes the file; the last connection folds the write-ahead log into it.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	for _, st := range append(slices.Collect(maps.Values(s.inserts)), s.putEvent, s.putCase) {
		if st != nil {
			st.Close()
		}
	}
	var first error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db == nil {
			continue
		}
		if err := db.Close(); err != nil && first == nil {
			first = fmt.Errorf("close the record: %w", err)
		}
	}
	return first
}
