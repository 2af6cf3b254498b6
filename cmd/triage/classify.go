package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"earshot/classify"
	"earshot/classify/judge"
	"earshot/cmd/internal/node"
	"earshot/cmd/triage/app"
	"earshot/settings"
	"earshot/sources"

	"github.com/go-json-experiment/json"
)

// classifyBatch is how many lines are judged together.
const classifyBatch = 512

// classify reads mentions from standard input and writes verdicts to standard output, in order, without any engine.
func (c *cli) classify(ctx context.Context, args []string) error {
	dir, model := "", "considered"
	_, err := c.flags("classify", args, func(fs *flag.FlagSet) {
		fs.StringVar(&dir, "settings", "", "")
		fs.StringVar(&model, "model", model, "")
	})
	if err != nil {
		return err
	}
	if dir == "" || (model != "fast" && model != "considered") {
		return errUsage{"usage: triage classify --settings DIR [--model fast|considered]"}
	}
	folder, err := settings.Load(os.DirFS(dir))
	if err != nil {
		return err
	}
	classifier, closeIt, err := c.classifier(ctx, folder, model)
	if err != nil {
		return err
	}
	defer closeIt()
	pool, err := classify.NewPool(classifier, classify.PoolConfig{})
	if err != nil {
		return err
	}
	j := &judging{cli: c, pool: pool, out: bufio.NewWriterSize(c.stdout, 1<<20)}
	err = sources.ReadLines(c.stdin, func(line int, m sources.Mention, bad *sources.LineError) error {
		if bad != nil {
			j.bad(bad.Line, bad.Err)
			return nil
		}
		j.mentions, j.lines = append(j.mentions, m), append(j.lines, line)
		if len(j.mentions) < classifyBatch {
			return nil
		}
		return j.flush(ctx)
	})
	if err == nil {
		err = j.flush(ctx)
	}
	if err == nil {
		err = j.out.Flush()
	}
	if err == nil && j.faults > 0 {
		return errQuiet
	}
	return err
}

// classifier returns the one that model names, and what gives it back. Where the encoder cannot be loaded it is the fast one, and standard error
// says so.
func (c *cli) classifier(ctx context.Context, folder *settings.Folder, model string) (classify.Classifier, func(), error) {
	fast, err := judge.New(judge.Config{Council: folder.Council, People: folder.People, Facts: folder.Facts, Services: folder.Services, Policy: folder.Version})
	if err != nil || model == "fast" {
		return fast, func() {}, err
	}
	enc, err := app.OpenEncoder(c.cfg.EncoderLib)
	if err != nil {
		fmt.Fprintf(c.stderr, "triage: the verdicts are fast ones, because %s\n", app.WhyOff(err))
		return fast, func() {}, nil
	}
	considered, err := app.Consider(ctx, fast, enc)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the register of facts: %w", err), enc.Close())
	}
	return considered, func() { enc.Close() }, nil
}

// judging is one run of classify.
type judging struct {
	*cli
	pool     *classify.Pool
	out      *bufio.Writer
	mentions []sources.Mention
	lines    []int
	faults   int
}

func (j *judging) bad(line int, why string) {
	j.faults++
	fmt.Fprintf(j.stderr, "line %d: %s\n", line, why)
}

func (j *judging) flush(ctx context.Context) error {
	verdicts, errs := j.pool.Classify(ctx, j.mentions)
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range verdicts {
		if errs[i] != nil {
			j.bad(j.lines[i], errs[i].Error())
			continue
		}
		b, err := json.Marshal(verdicts[i])
		if err != nil {
			return err
		}
		j.out.Write(append(b, '\n')) // an error stays in out and comes back from Flush
	}
	j.mentions, j.lines = j.mentions[:0], j.lines[:0]
	return nil
}

// check judges a settings folder and prints every fault in one run.
func (c *cli) check(ctx context.Context, args []string) error {
	dir := ""
	if _, err := c.flags("check", args, func(fs *flag.FlagSet) { fs.StringVar(&dir, "settings", c.cfg.Settings, "") }); err != nil {
		return err
	}
	var folder *settings.Folder
	var err error
	if dir != "" {
		folder, err = settings.Load(os.DirFS(dir))
	} else {
		dir = "the settings in force"
		var files map[string][]byte
		if err = c.do(ctx, "settings export", nil, &files); err == nil {
			folder, err = settings.FromFiles(files)
		}
	}
	if err == nil {
		_, err = node.JudgeAll(folder, app.JudgeRoutes)
	}
	if err != nil {
		fmt.Fprintln(c.stdout, err)
		return errQuiet
	}
	for _, n := range folder.Notes {
		fmt.Fprintln(c.stdout, "note: "+n.Error())
	}
	fmt.Fprintf(c.stdout, "%s: nothing is wrong (%d people, %d facts, %d watch terms, %d sources), %s\n", dir, len(folder.People), len(folder.Facts),
		len(folder.Terms), len(folder.Sources), time.Now().Format("2 January 2006 15:04"))
	return nil
}
