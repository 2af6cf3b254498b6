package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"earshot/settings"
	"earshot/sources"
	"earshot/sources/bluesky"
	"earshot/sources/discord"
	"earshot/sources/discourse"
	"earshot/sources/facebook"
	"earshot/sources/feed"
	"earshot/sources/fetch"
	"earshot/sources/gdelt"
	"earshot/sources/googlereviews"
	"earshot/sources/instagram"
	"earshot/sources/lemmy"
	"earshot/sources/linkedin"
	"earshot/sources/mailbox"
	"earshot/sources/mastodon"
	"earshot/sources/matrix"
	"earshot/sources/mattermost"
	"earshot/sources/mediawiki"
	"earshot/sources/nextdoor"
	"earshot/sources/phpbb"
	"earshot/sources/pinterest"
	"earshot/sources/podcast"
	"earshot/sources/reddit"
	"earshot/sources/slack"
	"earshot/sources/telegram"
	"earshot/sources/threads"
	"earshot/sources/tiktok"
	"earshot/sources/topic"
	"earshot/sources/trustpilot"
	"earshot/sources/wechat"
	"earshot/sources/wordpress"
	"earshot/sources/x"
	"earshot/sources/youtube"

	"github.com/prometheus/client_golang/prometheus"
)

// Registry is every connector this program has.
func Registry() sources.Registry {
	return sources.NewRegistry(
		bluesky.Connector,
		discord.Connector,
		discourse.Connector,
		facebook.Connector,
		feed.Connector,
		gdelt.Connector,
		googlereviews.Connector,
		instagram.Connector,
		lemmy.Connector,
		linkedin.Connector,
		mailbox.Connector,
		mastodon.Connector,
		matrix.Connector,
		mattermost.Connector,
		mediawiki.Connector,
		nextdoor.Connector,
		phpbb.Connector,
		pinterest.Connector,
		podcast.Connector,
		reddit.Connector,
		slack.Connector,
		telegram.Connector,
		threads.Connector,
		tiktok.Connector,
		trustpilot.Connector,
		wechat.Connector,
		wordpress.Connector,
		x.Connector,
		youtube.Connector,
	)
}

// FleetConfig is what a program's connectors need beside the log.
type FleetConfig struct {
	Log       *Log
	Settings  *Settings
	Keys      *Keys
	Version   string
	Contact   string // a page about this installation, for the User-Agent
	Node      string
	Known     func(ctx context.Context, ids []string) ([]bool, error) // nil: not known
	Logger    *slog.Logger
	Metrics   prometheus.Registerer
	Publisher sources.Publisher
}

// NewFleet makes the fleet that runs the sources in the settings, and follows the settings.
func NewFleet(cfg FleetConfig) *sources.Fleet {
	log := cfg.Logger.With("component", "sources")
	registry := Registry()
	agent := fetch.UserAgent(cfg.Version, cfg.Contact)
	f := sources.NewFleet(sources.FleetConfig{
		Registry: registry,
		Deps: sources.Deps{
			Client: func(s settings.Source) *http.Client {
				c, err := fetch.New(fetch.Config{UserAgent: agent, AllowNet: s.AllowNet})
				if err != nil { // judged when the settings were imported; a client that refuses everything is the safe answer
					return fetch.Refuse(err)
				}
				return c
			},
			Dial: func(s settings.Source) func(context.Context, string, string) (net.Conn, error) {
				dial, err := fetch.Dialer(s.AllowNet)
				if err != nil {
					return func(context.Context, string, string) (net.Conn, error) { return nil, errors.Join(sources.ErrStop, err) }
				}
				return dial
			},
			Secret:     cfg.Keys.Get,
			SaveSecret: cfg.Keys.Set,
			Known:      cfg.Known,
			Log:        log,
		},
		Publisher: cfg.Publisher,
		Cursors:   topic.NewCursorStore(cfg.Log.Cursors),
		Health:    healthSink{topic.NewCursorStore(cfg.Log.Cursors)},
		Metrics:   sources.NewMetrics(cfg.Metrics, registry.Names()...),
		Node:      cfg.Node,
	})
	cfg.Settings.Subscribe(func(c *Current) { f.Apply(c.Sources, c.Terms) })
	return f
}

type healthSink struct{ store *topic.CursorStore }

func (h healthSink) ReportHealth(ctx context.Context, x sources.Health) error {
	return h.store.SaveHealth(ctx, x)
}

// JudgeSources says which sources of a folder no connector of this program can run.
func JudgeSources(f *settings.Folder) error {
	registry := Registry()
	var errs []error
	for _, s := range f.Sources {
		if _, err := registry.Make(s, sources.Deps{}); err != nil {
			errs = append(errs, settings.Fault{File: settings.SourcesFile, Problem: err.Error()})
		}
		if _, err := fetch.New(fetch.Config{AllowNet: s.AllowNet}); err != nil {
			errs = append(errs, settings.Fault{File: settings.SourcesFile, Problem: fmt.Sprintf("source %q: %v", s.ID, err)})
		}
	}
	return errors.Join(errs...)
}
