// Command ingest reads platforms into Kafka, and files into the log of a running triage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"earshot/cmd/ingest/app"
	"earshot/cmd/internal/env"
	"earshot/cmd/internal/progress"
	"earshot/sources/file"
)

// version is set by the linker.
var version = "dev"

const usage = `ingest: reads what the public says about a council from its platforms

  ingest                 run the connectors of the settings into the Kafka that EARSHOT_KAFKA_BROKERS names
  ingest import [--map text=FIELD,id=FIELD,...] [--platform NAME] [--mapping FILE.yaml] FILE
                         mentions from a JSONL, CSV or Excel file (- is standard input), whatever the watch terms say;
                         a mapping file says once how the exports of one tool are read
  ingest version
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	e, err := env.Parse(environ)
	cfg := app.Config{Config: e, Version: version, Log: slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: e.Log}))}
	switch {
	case name == "help" || name == "-h" || name == "--help":
		fmt.Fprint(stdout, usage)
		return 0
	case name == "version":
		fmt.Fprintln(stdout, version)
		return 0
	case err != nil:
	case name == "":
		err = app.Run(ctx, cfg)
	case name == "import":
		var faults int
		if faults, err = runImport(ctx, cfg, args, stdin, stdout, stderr); err == nil && faults > 0 {
			return 1
		}
	default:
		fmt.Fprintf(stderr, "ingest: there is no command %q; ingest help lists them\n", name)
		return 2
	}
	var bad usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		fmt.Fprintln(stderr, "ingest: "+bad.Error())
		return 2
	}
	fmt.Fprintln(stderr, "ingest: "+err.Error())
	return 1
}

type usageError struct{ what string }

func (e usageError) Error() string { return e.what }

// runImport hands a file's mentions to the log and returns how many lines it had to leave out.
func runImport(ctx context.Context, cfg app.Config, args []string, stdin io.Reader, stdout, stderr io.Writer) (faults int, err error) {
	fs := flag.NewFlagSet("ingest import", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fields, platform, mapping := fs.String("map", "", ""), fs.String("platform", "", ""), fs.String("mapping", "", "")
	var words []string
	for len(args) > 0 { // flags may stand before and after the file
		if err := fs.Parse(args); err != nil {
			return 0, usageError{fmt.Sprintf("import: %v; see ingest help", err)}
		}
		if args = fs.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if len(words) != 1 {
		return 0, usageError{"usage: ingest import [--map text=FIELD,id=FIELD,...] [--platform NAME] [--mapping FILE.yaml] FILE"}
	}
	m, err := file.ParseMap(*fields)
	if err != nil {
		return 0, usageError{err.Error()}
	}
	opt := file.Options{Map: m, Platform: *platform}
	if *mapping != "" {
		if opt, err = readMapping(*mapping, opt); err != nil {
			return 0, err
		}
	}
	bar := progress.New(stderr, "import")
	defer bar.Done()
	n, faults, err := app.Import(ctx, cfg, words[0], stdin, opt, bar.Set,
		func(line int, why string) { fmt.Fprintf(stderr, "line %d: %s\n", line, why) })
	bar.Done()
	fmt.Fprintf(stdout, "accepted %d mentions, left out %d lines\n", n, faults)
	return faults, err
}

// readMapping adds what a mapping file says to opt.
func readMapping(path string, opt file.Options) (file.Options, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return opt, fmt.Errorf("read the mapping file: %w", err)
	}
	m, err := file.ParseMapping(b)
	if err != nil {
		return opt, fmt.Errorf("%s: %w", path, err)
	}
	return m.Options(opt), nil
}
