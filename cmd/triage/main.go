// Command triage classifies, records, indexes and escalates mentions, and serves the pages. README.md says how to begin.
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
	"strings"
	"syscall"

	"earshot/cmd/internal/env"
	"earshot/cmd/triage/app"
)

// version is set by the linker.
var version = "dev"

const usage = `triage: sorts what the public says about a council and gets it to the person who must act

  triage                                  run everything; open the address it prints
  triage classify --settings DIR [--model fast|considered] < mentions.jsonl > verdicts.jsonl
  triage check [--settings DIR]           read the settings and name every fault
  triage settings export DIR              write all settings as files, secrets left out
  triage settings import DIR              take settings from files
  triage token create --role ROLE [--name NAME] [--service ID]
  triage token list | revoke ID
  triage admin                            a new one-time link for the first administrator
  triage key SOURCE NAME                  store a connector's key, read from standard input
  triage train                            learn from what officers said; the new version goes on trial
  triage rebuild                          build the search index anew from the record
  triage verify                           compare record, index and log; exit 1 when anything differs
  triage backup FILE                      write a backup, also while running
  triage restore FILE [--erasures FILE]   fill an empty data folder from a backup
  triage erase (--id ID | --author HANDLE) --why REASON
  triage erasures                         the hashes of what was erased, for restore
  triage replay [--cause CAUSE]           put dead letters back on the log after a fix
  triage version

The environment variables it reads are in README.md.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

// errQuiet ends with exit status 1 after everything was already said.
var errQuiet = errors.New("said already")

// errUsage ends with exit status 2.
type errUsage struct{ what string }

func (e errUsage) Error() string { return e.what }

// cli is one invocation.
type cli struct {
	cfg            app.Config
	stdin          io.Reader
	stdout, stderr io.Writer
}

func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name := ""
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch name {
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	case "version", "--version":
		fmt.Fprintln(stdout, version)
		return 0
	}
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr}
	err := c.configure(environ)
	if err == nil {
		err = c.command(ctx, name, args)
	}
	var bad errUsage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		fmt.Fprintln(stderr, "triage: "+bad.what)
		return 2
	case !errors.Is(err, errQuiet):
		fmt.Fprintln(stderr, "triage: "+err.Error())
	}
	return 1
}

func (c *cli) configure(environ []string) error {
	e, err := env.Parse(environ)
	if err != nil {
		return err
	}
	c.cfg = app.Config{Config: e, Version: version, Out: c.stdout, Demo: true,
		Log: slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: e.Log}))}
	return nil
}

func (c *cli) command(ctx context.Context, name string, args []string) error {
	if name == "settings" || name == "token" {
		if len(args) == 0 {
			return errUsage{"triage " + name + " needs another word; see triage help"}
		}
		name, args = name+" "+args[0], args[1:]
	}
	commands := map[string]func(context.Context, []string) error{
		"": c.serve, "classify": c.classify, "check": c.check,
		"settings export": c.settingsExport, "settings import": c.settingsImport,
		"token create": c.tokenCreate, "token list": c.tokenList, "token revoke": c.tokenRevoke,
		"admin": c.admin, "key": c.key, "rebuild": c.rebuild, "verify": c.verify, "backup": c.backup, "restore": c.restore,
		"train": c.train, "erase": c.erase, "erasures": c.erasures, "replay": c.replay,
	}
	fn := commands[name]
	if fn == nil {
		return errUsage{fmt.Sprintf("there is no command %q; triage help lists them", name)}
	}
	return fn(ctx, args)
}

// flags parses args, which must leave exactly as many words as names.
func (c *cli) flags(name string, args []string, define func(*flag.FlagSet), words ...string) ([]string, error) {
	fs := flag.NewFlagSet("triage "+name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	if define != nil {
		define(fs)
	}
	var rest []string
	for len(args) > 0 { // flags may stand before and after words
		if err := fs.Parse(args); err != nil {
			return nil, errUsage{fmt.Sprintf("triage %s: %v; see triage help", name, err)}
		}
		args = fs.Args()
		if len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	if len(rest) != len(words) {
		return nil, errUsage{strings.TrimSpace(fmt.Sprintf("usage: triage %s %s", name, strings.Join(words, " ")))}
	}
	return rest, nil
}

func (c *cli) serve(ctx context.Context, args []string) error {
	if _, err := c.flags("", args, nil); err != nil {
		return err
	}
	a, err := app.New(ctx, c.cfg)
	if err != nil {
		return err
	}
	err = a.Run(ctx)
	if closed := a.Close(ctx); err == nil {
		err = closed
	}
	return err
}
