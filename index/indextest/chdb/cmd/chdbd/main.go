// Command chdbd is a ClickHouse server for tests: the real engine behind ClickHouse's HTTP protocol, on loopback and without
// authentication. It may be killed at any instant and started again on the same folder.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"earshot/index/indextest/chdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address; port 0 takes a free one")
	data := flag.String("data", "", "folder of the data; made when absent")
	library := flag.String("library", "build/chdb/libchdb.so", "the engine, as install.sh puts it there")
	ready := flag.String("ready", "", "file that gets the DSN once queries are answered")
	flag.Parse()
	if err := run(*listen, *data, *library, *ready); err != nil {
		fmt.Fprintln(os.Stderr, "chdbd:", err)
		os.Exit(1)
	}
}

func run(listen, data, library, ready string) error {
	if data == "" {
		return errors.New("name a folder for the data: -data FOLDER")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	scratch := filepath.Join(data, "inserts")
	if err := errors.Join(os.RemoveAll(scratch), os.MkdirAll(scratch, 0o755)); err != nil {
		return err
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	defer l.Close()
	engine, err := chdb.Open(library, filepath.Join(data, "clickhouse"))
	if err != nil {
		return err
	}
	defer engine.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	srv := &http.Server{Handler: chdb.NewHandler(engine, scratch, log), ReadHeaderTimeout: 10 * time.Second}
	dsn := "http://" + l.Addr().String() + "/default"
	if err := announce(dsn, ready); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		stopped <- srv.Shutdown(ctx)
	}()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped // before the engine is closed under a running query
}

// announce prints the DSN, and writes it to the file in one step, so that who waits for the file never reads half of it.
func announce(dsn, ready string) error {
	fmt.Println(dsn)
	if ready == "" {
		return nil
	}
	if err := os.WriteFile(ready+".new", []byte(dsn+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(ready+".new", ready)
}
