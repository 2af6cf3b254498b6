package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"earshot/casework"
	"earshot/cmd/internal/control"
	"earshot/cmd/triage/web"
	"earshot/index/archive"
	"earshot/sources/topic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// Commands are what a person may ask of this process through the control socket, by name.
func (a *App) Commands() map[string]control.Command {
	return map[string]control.Command{
		"brokers": func(context.Context, jsontext.Value, control.Progress) (any, error) {
			return control.Brokers{Addrs: a.log.Addrs, Prefix: a.cfg.TopicPrefix}, nil
		},
		"settings export": func(context.Context, jsontext.Value, control.Progress) (any, error) {
			return a.settings.Current().Files, nil
		},
		"settings import": command(a.importSettings),
		"token create":    command(a.createToken),
		"token list": func(context.Context, jsontext.Value, control.Progress) (any, error) {
			return a.accounts().Tokens(), nil
		},
		"token revoke": command(func(ctx context.Context, id string, _ control.Progress) (string, error) {
			err := a.accounts().RevokeToken(ctx, id)
			if errors.Is(err, web.ErrNoToken) {
				return "", fmt.Errorf("there is no token %q; triage token list shows them", id)
			}
			return id, err
		}),
		"admin link": func(ctx context.Context, _ jsontext.Value, _ control.Progress) (any, error) { return a.adminLink(ctx) },
		"key set": command(func(ctx context.Context, k ConnectorKey, _ control.Progress) (string, error) {
			s, ok := a.connectors.Source(k.Source)
			if !ok {
				return "", fmt.Errorf("there is no source %q in sources.yaml", k.Source)
			}
			return k.Source, a.keysOf(s).Change(ctx, k.Source, map[string]string{k.Name: k.Value}, "command line")
		}),
		"rebuild": func(ctx context.Context, _ jsontext.Value, p control.Progress) (any, error) { return a.Rebuild(ctx, p) },
		"verify":  func(ctx context.Context, _ jsontext.Value, p control.Progress) (any, error) { return a.Verify(ctx, p) },
		"backup": command(func(ctx context.Context, path string, p control.Progress) (string, error) {
			return path, a.Backup(ctx, path, p)
		}),
		"erase": command(a.erase),
		"train": command(a.train),
		"erasures": func(ctx context.Context, _ jsontext.Value, _ control.Progress) (any, error) {
			return a.store.Erasures(ctx)
		},
		"dead-letters replay": command(func(ctx context.Context, cause string, _ control.Progress) (int, error) {
			return a.log.Client.Replay(ctx, func(d *topic.Dead) bool { return cause == "" || string(d.Cause) == cause })
		}),
	}
}

// command decodes the arguments of fn.
func command[A, R any](fn func(context.Context, A, control.Progress) (R, error)) control.Command {
	return func(ctx context.Context, raw jsontext.Value, p control.Progress) (any, error) {
		var args A
		if err := json.Unmarshal(raw, &args); err != nil {
			return nil, fmt.Errorf("the command's arguments cannot be read: %w", err)
		}
		return fn(ctx, args, p)
	}
}

// ImportArgs are the arguments of "settings import".
type ImportArgs struct {
	Files map[string][]byte `json:"files"`
	Why   string            `json:"why"`
}

func (a *App) importSettings(ctx context.Context, args ImportArgs, _ control.Progress) (int, error) {
	return a.settings.Import(ctx, args.Files, "command line", args.Why)
}

// TokenArgs are the arguments of "token create".
type TokenArgs struct {
	Role    casework.Role `json:"role"`
	Name    string        `json:"name"`
	Service string        `json:"service"`
}

func (a *App) createToken(ctx context.Context, t TokenArgs, _ control.Progress) (string, error) {
	if !slices.Contains(casework.Roles, t.Role) {
		names := make([]string, len(casework.Roles))
		for i, r := range casework.Roles {
			names[i] = string(r)
		}
		return "", fmt.Errorf("%q is not a role; choose one of %s", t.Role, strings.Join(names, ", "))
	}
	secret, _, err := a.accounts().CreateToken(ctx, t.Name, t.Role, t.Service, "command line")
	return secret, err
}

func (a *App) accounts() *web.Accounts { return web.NewAccounts(table{a.log.Settings}, time.Now) }

func (a *App) adminLink(ctx context.Context) (string, error) {
	link, needed, err := a.accounts().FirstAdminLink(ctx, a.cfg.publicURL(a.cfg.Listen))
	if err == nil && !needed {
		err = errors.New("an administrator exists already; ask them for an invitation")
	}
	return link, err
}

// ConnectorKey is one key of one source.
type ConnectorKey struct {
	Source string `json:"source"`
	Name   string `json:"name"`
	Value  string `json:"value"`
}

// Rebuild builds the search index anew from the record and puts it in the place of the old one. Search answers from the old one meanwhile.
func (a *App) Rebuild(ctx context.Context, progress control.Progress) (int64, error) {
	release := a.workers[topic.GroupFulltext].hold()
	defer release()
	// What this node's group has committed will not be read again, so the record must hold it before it is read.
	if err := a.settle(ctx, topic.GroupArchive); err != nil {
		return 0, err
	}
	return a.fulltext.rebuild(ctx, a.store, progress)
}

// EraseArgs say whose or which mentions are to be erased on request.
type EraseArgs struct {
	IDs    []string `json:"ids"`
	Author string   `json:"author"`
	Why    string   `json:"why"`
}

// erase appends an erased event for each mention; record, blobs and index act on it.
func (a *App) erase(ctx context.Context, args EraseArgs, _ control.Progress) (int, error) {
	if args.Author != "" {
		ids, err := a.store.ByAuthor(ctx, args.Author)
		if err != nil {
			return 0, err
		}
		args.IDs = append(args.IDs, ids...)
	}
	now := time.Now().UTC()
	events := make([]casework.Event, len(args.IDs))
	for i, id := range args.IDs {
		events[i] = casework.Event{ID: casework.DerivedID("erased", archive.Hash(id)), Mention: id, Type: casework.Erased, At: now,
			By: casework.Actor{Kind: "system", ID: "command line"}, Why: args.Why}
	}
	return len(events), journal{a.log.Client}.Append(ctx, events)
}

// needStages lists the commands that wait for stages to catch up with the log.
var needStages = []string{"rebuild", "verify", "backup", "erase", "train"}

// runStages runs every stage for a command that opened the data folder itself; the result stops them.
func (a *App) runStages(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range a.workers {
		g.Go(func() error { return w.loop(ctx) })
	}
	g.Go(func() error { return a.escalate.follow(ctx) })
	return func() {
		cancel()
		if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
			a.slog.Error("a stage failed while the command ran", "err", err)
		}
	}
}

// Open opens the data folder for one command, without running any stage.
func Open(ctx context.Context, cfg Config) (*App, error) {
	a, err := open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.openStages(ctx); err != nil {
		return nil, errors.Join(err, a.Close(ctx))
	}
	return a, nil
}

// Do runs one command: in the running triage when there is one, else on the data folder itself.
func Do(ctx context.Context, cfg Config, name string, args any, progress control.Progress, result any) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	err := control.Call(ctx, cfg.Data, name, args, progress, result)
	if !errors.Is(err, control.ErrNotRunning) {
		return err
	}
	cfg.Out = io.Discard
	a, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { a.Close(ctx) }()
	if slices.Contains(needStages, name) {
		defer a.runStages(ctx)()
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	res, err := a.Commands()[name](ctx, raw, progress)
	if err != nil {
		return err
	}
	b, err := json.Marshal(res)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, result)
}
