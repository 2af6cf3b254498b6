package chdb

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxQueryBytes bounds a statement; maxInsertBytes the body of an insert.
const (
	maxQueryBytes  = 16 << 20
	maxInsertBytes = 1 << 30
)

// Handler serves one Engine.
type Handler struct {
	log     *slog.Logger
	scratch string // a folder for the bodies of inserts

	mu       sync.Mutex
	engine   *Engine
	database string
}

// NewHandler returns a handler that owns engine's session. scratch is a folder it may write to.
func NewHandler(engine *Engine, scratch string, log *slog.Logger) *Handler {
	return &Handler{engine: engine, scratch: scratch, log: log}
}

// ServeHTTP answers /ping and queries.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	out, err := h.answer(r)
	if err != nil {
		h.fail(w, err)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(out)))
	w.Write(out)
}

func (h *Handler) answer(r *http.Request) ([]byte, error) {
	if sql := r.URL.Query().Get("query"); sql != "" {
		return nil, h.insert(r, sql)
	}
	sql, err := io.ReadAll(io.LimitReader(r.Body, maxQueryBytes))
	if err != nil {
		return nil, err
	}
	native, err := h.run(r, string(sql))
	if err != nil || len(native) == 0 {
		return nil, err
	}
	revision, err := strconv.ParseUint(r.URL.Query().Get("client_protocol_version"), 10, 32)
	if err != nil {
		//lint:ignore ST1005 the form is the one of ClickHouse itself
		return nil, errors.New("Code: 36. DB::Exception: client_protocol_version is missing or not a number. (BAD_ARGUMENTS)")
	}
	return transcode(native, revision)
}

// insertHead splits INSERT INTO table (columns) FORMAT Native.
var insertHead = regexp.MustCompile(`(?is)^\s*(INSERT\s+INTO\s+.*?)\s*(?:\bVALUES\b.*|\bFORMAT\s+Native\s*;?\s*)?$`)

func (h *Handler) insert(r *http.Request, sql string) error {
	head := insertHead.FindStringSubmatch(sql)
	if head == nil {
		//lint:ignore ST1005 the form is the one of ClickHouse itself
		return fmt.Errorf("Code: 62. DB::Exception: only an insert may have a body. (SYNTAX_ERROR)")
	}
	f, err := os.CreateTemp(h.scratch, "insert-*.native")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, http.MaxBytesReader(nil, r.Body, maxInsertBytes))
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return err
	}
	_, err = h.run(r, head[1]+" FROM INFILE '"+strings.ReplaceAll(path, "'", `\'`)+"' FORMAT Native")
	return err
}

// notSettings are the parameters of the protocol itself; every other one is a setting of the query.
var notSettings = []string{"query", "database", "default_format", "client_protocol_version", "query_id", "quota_key", "session_id", "user", "password",
	"compress", "decompress", "wait_end_of_query", "enable_http_compression", "buffer_size"}

// settingName keeps what is put into SET to a name.
var settingName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// run executes one statement in the client's database and with the client's settings.
func (h *Handler) run(r *http.Request, sql string) ([]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err // gave up while waiting
	}
	database := r.URL.Query().Get("database")
	if database == "" {
		database = "default"
	}
	if database != h.database {
		if _, err := h.engine.Query("USE `"+strings.ReplaceAll(database, "`", "\\`")+"`", "Null"); err != nil {
			return nil, err
		}
		h.database = database
	}
	for name, values := range r.URL.Query() {
		if slices.Contains(notSettings, name) || !settingName.MatchString(name) {
			continue
		}
		if _, err := h.engine.Query("SET "+name+" = '"+strings.ReplaceAll(values[0], "'", `\'`)+"'", "Null"); err != nil {
			return nil, err
		}
		defer h.engine.Query("SET "+name+" = DEFAULT", "Null")
	}
	return h.engine.Query(sql, "Native")
}

var exceptionCode = regexp.MustCompile(`Code: (\d+)`)

// fail answers as a server does: the exception's text, and its code in a header.
func (h *Handler) fail(w http.ResponseWriter, err error) {
	h.log.Debug("query failed", "err", err)
	if m := exceptionCode.FindStringSubmatch(err.Error()); m != nil {
		w.Header().Set("X-ClickHouse-Exception-Code", m[1])
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
