package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"earshot/casework"
	"earshot/cmd/internal/progress"
	"earshot/cmd/triage/app"
	"earshot/cmd/triage/web"
	"earshot/index/archive"
	"earshot/settings"

	"github.com/go-json-experiment/json"
)

// do asks the running triage, or opens the data folder, showing how far it is.
func (c *cli) do(ctx context.Context, name string, args, result any) error {
	bar := progress.New(c.stderr, name)
	defer bar.Done()
	return app.Do(ctx, c.cfg, name, args, bar.Set, result)
}

func (c *cli) settingsExport(ctx context.Context, args []string) error {
	words, err := c.flags("settings export", args, nil, "DIR")
	if err != nil {
		return err
	}
	var files map[string][]byte
	if err := c.do(ctx, "settings export", nil, &files); err != nil {
		return err
	}
	if err := settings.Export(words[0], files); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "wrote %d files to %s\n", len(files), words[0])
	return nil
}

func (c *cli) settingsImport(ctx context.Context, args []string) error {
	why := ""
	words, err := c.flags("settings import", args, func(fs *flag.FlagSet) { fs.StringVar(&why, "why", "", "") }, "DIR")
	if err != nil {
		return err
	}
	files, err := settings.ReadFiles(os.DirFS(words[0]))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s holds no settings file; it needs at least council.yaml", words[0])
	}
	var changed int
	if err := c.do(ctx, "settings import", app.ImportArgs{Files: files, Why: why}, &changed); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%d of %d files changed; they are in force\n", changed, len(files))
	return nil
}

func (c *cli) tokenCreate(ctx context.Context, args []string) error {
	var t app.TokenArgs
	role := ""
	_, err := c.flags("token create", args, func(fs *flag.FlagSet) {
		fs.StringVar(&role, "role", "", "")
		fs.StringVar(&t.Name, "name", "", "")
		fs.StringVar(&t.Service, "service", "", "")
	})
	if err != nil {
		return err
	}
	t.Role = casework.Role(role)
	var secret string
	if err := c.do(ctx, "token create", t, &secret); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, secret)
	return nil
}

func (c *cli) tokenList(ctx context.Context, args []string) error {
	if _, err := c.flags("token list", args, nil); err != nil {
		return err
	}
	var tokens []web.Token
	if err := c.do(ctx, "token list", nil, &tokens); err != nil {
		return err
	}
	for _, t := range tokens {
		fmt.Fprintf(c.stdout, "%s\t%s\t%s\tmade %s by %s\n", t.ID, t.Role, t.Name, t.Created.Format("2 January 2006"), t.By)
	}
	return nil
}

func (c *cli) tokenRevoke(ctx context.Context, args []string) error {
	words, err := c.flags("token revoke", args, nil, "ID")
	if err != nil {
		return err
	}
	var id string
	return c.do(ctx, "token revoke", words[0], &id)
}

func (c *cli) admin(ctx context.Context, args []string) error {
	if _, err := c.flags("admin", args, nil); err != nil {
		return err
	}
	var link string
	if err := c.do(ctx, "admin link", nil, &link); err != nil {
		return err
	}
	fmt.Fprintln(c.stdout, link)
	return nil
}

// maxKeyBytes bounds a connector's key read from standard input.
const maxKeyBytes = 16 << 10

func (c *cli) key(ctx context.Context, args []string) error {
	words, err := c.flags("key", args, nil, "SOURCE", "NAME")
	if err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(c.stdin, maxKeyBytes))
	if err != nil {
		return fmt.Errorf("read the key from standard input: %w", err)
	}
	var source string
	return c.do(ctx, "key set", app.ConnectorKey{Source: words[0], Name: words[1], Value: strings.TrimSpace(string(b))}, &source)
}

func (c *cli) rebuild(ctx context.Context, args []string) error {
	if _, err := c.flags("rebuild", args, nil); err != nil {
		return err
	}
	var n int64
	if err := c.do(ctx, "rebuild", nil, &n); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "built the search index from %d mentions and events\n", n)
	return nil
}

func (c *cli) verify(ctx context.Context, args []string) error {
	if _, err := c.flags("verify", args, nil); err != nil {
		return err
	}
	var v app.Verification
	if err := c.do(ctx, "verify", nil, &v); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "recorded %d (%d with text), indexed %d, on the log %d, notifications sent %d, waiting %d, dead letters %d\n",
		v.Recorded, v.Findable, v.Indexed, v.Logged, v.Sent, v.Waiting, v.DeadLetters)
	for _, f := range []struct {
		what string
		app.Finding
	}{
		{"accepted but neither recorded nor set aside", v.Lost},
		{"recorded more than once", v.Twice},
		{"recorded but not in the index", v.NotIndexed},
		{"in the index but not recorded", v.NotRecorded},
		{"in the index in another version than in the record", v.Stale},
		{"incidents whose mail is due and not delivered", v.Unsent},
		{"notifications delivered twice to one mailbox", v.SentTwice},
	} {
		if f.Count > 0 {
			fmt.Fprintf(c.stdout, "%s: %d (%s)\n", f.what, f.Count, strings.Join(f.Examples, ", "))
		}
	}
	if v.Differs() {
		return errQuiet
	}
	fmt.Fprintln(c.stdout, "nothing differs")
	return nil
}

func (c *cli) backup(ctx context.Context, args []string) error {
	words, err := c.flags("backup", args, nil, "FILE")
	if err != nil {
		return err
	}
	path, err := filepath.Abs(words[0]) // the running triage has another working folder
	if err != nil {
		return err
	}
	var done string
	if err := c.do(ctx, "backup", path, &done); err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "wrote %s, %.1f MiB; keep it where only the people who may read every case can\n", path, float64(st.Size())/(1<<20))
	return nil
}

func (c *cli) restore(ctx context.Context, args []string) error {
	erasures := ""
	words, err := c.flags("restore", args, func(fs *flag.FlagSet) { fs.StringVar(&erasures, "erasures", "", "") }, "FILE")
	if err != nil {
		return err
	}
	if err := app.Restore(ctx, c.cfg, words[0], erasures); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "restored into %s; start triage, which builds the search index from the record\n", c.cfg.Data)
	return nil
}

func (c *cli) erase(ctx context.Context, args []string) error {
	var e app.EraseArgs
	id := ""
	_, err := c.flags("erase", args, func(fs *flag.FlagSet) {
		fs.StringVar(&id, "id", "", "")
		fs.StringVar(&e.Author, "author", "", "")
		fs.StringVar(&e.Why, "why", "", "")
	})
	if err != nil {
		return err
	}
	if (id == "") == (e.Author == "") || e.Why == "" {
		return errUsage{"usage: triage erase (--id ID | --author HANDLE) --why REASON"}
	}
	if id != "" {
		e.IDs = []string{id}
	}
	var n int
	if err := c.do(ctx, "erase", e, &n); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "%d mentions are being erased; what the log and older backups hold of them goes with their retention\n", n)
	return nil
}

func (c *cli) erasures(ctx context.Context, args []string) error {
	if _, err := c.flags("erasures", args, nil); err != nil {
		return err
	}
	var list []archive.Erasure
	if err := c.do(ctx, "erasures", nil, &list); err != nil {
		return err
	}
	for _, e := range list {
		b, err := json.Marshal(e)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.stdout, "%s\n", b)
	}
	return nil
}

func (c *cli) train(ctx context.Context, args []string) error {
	if _, err := c.flags("train", args, nil); err != nil {
		return err
	}
	var t app.Trained
	if err := c.do(ctx, "train", struct{}{}, &t); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "learnt %s from %d decisions, for %s\n", t.Name, t.Fitted, strings.Join(t.Labels, ", "))
	for _, h := range t.HeldOut {
		fmt.Fprintf(c.stdout, "%s verdicts on %d later audits: mean F1 %.3f, as it came %.3f, difference %+.3f (95 %%: %+.3f to %+.3f)\n",
			h.Stage, h.N, h.New, h.Old, h.New-h.Old, h.Low, h.High)
	}
	fmt.Fprintln(c.stdout, "it is on trial and changes nothing; /numbers shows how it does and switches it on")
	return nil
}

func (c *cli) replay(ctx context.Context, args []string) error {
	cause := ""
	if _, err := c.flags("replay", args, func(fs *flag.FlagSet) { fs.StringVar(&cause, "cause", "", "") }); err != nil {
		return err
	}
	var n int
	if err := c.do(ctx, "dead-letters replay", cause, &n); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "put %d dead letters back on the log\n", n)
	return nil
}
