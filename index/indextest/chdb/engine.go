package chdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Engine is ClickHouse inside this process. A process can have one. Its methods must not be called at once.
type Engine struct {
	conn *uintptr // chdb_connection *
	lib  library
}

// library is the part of chdb.h that is used here.
type library struct {
	connect       func(argc int32, argv **byte) *uintptr
	close         func(conn *uintptr)
	query         func(conn uintptr, sql unsafe.Pointer, sqlLen uintptr, format unsafe.Pointer, formatLen uintptr) uintptr
	destroy       func(result uintptr)
	buffer        func(result uintptr) unsafe.Pointer
	length        func(result uintptr) uintptr
	failure       func(result uintptr) string
	handleSignals func(enabled int32)
}

// Open loads the library at path and opens the data folder.
func Open(path, data string) (*Engine, error) {
	so, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("load the ClickHouse engine: %w", err)
	}
	e := &Engine{}
	for name, fn := range map[string]any{
		"chdb_connect": &e.lib.connect, "chdb_close_conn": &e.lib.close, "chdb_query_n": &e.lib.query, "chdb_destroy_query_result": &e.lib.destroy,
		"chdb_result_buffer": &e.lib.buffer, "chdb_result_length": &e.lib.length, "chdb_result_error": &e.lib.failure,
		"chdb_set_signal_handlers_enabled": &e.lib.handleSignals,
	} {
		purego.RegisterLibFunc(fn, so, name)
	}
	e.lib.handleSignals(0) // the Go runtime has its own
	args := [][]byte{[]byte("clickhouse\x00"), []byte("--path=" + data + "\x00")}
	argv := []*byte{&args[0][0], &args[1][0]}
	e.conn = e.lib.connect(int32(len(argv)), &argv[0])
	runtime.KeepAlive(args)
	if e.conn == nil {
		return nil, errors.New("the ClickHouse engine did not open its data folder; another process may have it open")
	}
	return e, nil
}

// Query runs one statement and returns its result in format. The error is ClickHouse's own text, "Code: 60. DB::Exception: ...".
func (e *Engine) Query(sql, format string) ([]byte, error) {
	r := e.lib.query(*e.conn, unsafe.Pointer(unsafe.StringData(sql)), uintptr(len(sql)), unsafe.Pointer(unsafe.StringData(format)), uintptr(len(format)))
	runtime.KeepAlive(sql)
	runtime.KeepAlive(format)
	if r == 0 {
		return nil, errors.New("the ClickHouse engine gave no result")
	}
	defer e.lib.destroy(r)
	if msg := e.lib.failure(r); msg != "" {
		return nil, errors.New(msg)
	}
	n := e.lib.length(r)
	if n == 0 {
		return nil, nil
	}
	out := make([]byte, n)
	copy(out, unsafe.Slice((*byte)(e.lib.buffer(r)), n))
	return out, nil
}

// Close gives the data folder back.
func (e *Engine) Close() {
	if e.conn != nil {
		e.lib.close(e.conn)
		e.conn = nil
	}
}
