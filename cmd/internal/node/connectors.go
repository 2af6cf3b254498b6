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
	"earshot/sources/flickr"
	"earshot/sources/gdelt"
	"earshot/sources/googlereviews"
	"earshot/sources/instagram"
	"earshot/sources/irc"
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
	"earshot/sources/tumblr"
	"earshot/sources/twitch"
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
		flickr.Connector,
		gdelt.Connector,
		googlereviews.Connector,
		instagram.Connector,
		irc.Connector,
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
		tumblr.Connector,
		twitch.Connector,
		wechat.Connector,
		wordpress.Connector,
		x.Connector,
		youtube.Connector,
	)
}

// ConnectorConfig is what a program's connectors need beside the log.
type ConnectorConfig struct {
	Log      *Log
	Settings *Settings
	Keys     *Keys
	Version  string
	Contact  string                                                  // a page about this installation, for the User-Agent
	Node     string                                                  // for sources.Health
	Known    func(ctx context.Context, ids []string) ([]bool, error) // nil: not known
	// ByAuthor is for sources.Deps; nil: not known.
	ByAuthor func(ctx context.Context, platform string, authors []string) (map[string][]string, error)
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
	Registry sources.Registry // nil: Registry
}

// Connectors are a program's connectors with what they may use of the world: read by a fleet, pushed to by platforms, asked again.
type Connectors struct {
	Registry sources.Registry
	Deps     sources.Deps
	Metrics  *sources.Metrics
	Places   *topic.CursorStore

	settings *Settings
	keys     *Keys
	node     string
}

// NewConnectors makes the connectors ready; nothing runs yet.
func NewConnectors(cfg ConnectorConfig) *Connectors {
	c := &Connectors{Registry: cfg.Registry, settings: cfg.Settings, keys: cfg.Keys, node: cfg.Node, Places: topic.NewCursorStore(cfg.Log.Cursors)}
	if c.Registry == nil {
		c.Registry = Registry()
	}
	c.Metrics = sources.NewMetrics(cfg.Metrics, c.Registry.Names()...)
	agent := fetch.UserAgent(cfg.Version, cfg.Contact)
	c.Deps = sources.Deps{
		Client: func(s settings.Source) *http.Client {
			client, err := fetch.New(fetch.Config{UserAgent: agent, AllowNet: s.AllowNet})
			if err != nil { // judged when the settings were imported; a client that refuses everything is the safe answer
				return fetch.Refuse(err)
			}
			return client
		},
		Dial: func(s settings.Source) func(context.Context, string, string) (net.Conn, error) {
			dial, err := fetch.Dialer(s.AllowNet)
			if err != nil {
				return func(context.Context, string, string) (net.Conn, error) { return nil, errors.Join(sources.ErrStop, err) }
			}
			return dial
		},
		KeysFor:  cfg.Keys.functions,
		Known:    cfg.Known,
		ByAuthor: cfg.ByAuthor,
		Terms:    c.terms,
		Log:      cfg.Logger.With("component", "sources"),
	}
	return c
}

func (c *Connectors) terms() *sources.Terms {
	if now := c.settings.Current(); now != nil {
		return now.Terms
	}
	return nil
}

// Source returns a source of the settings in force.
func (c *Connectors) Source(id string) (settings.Source, bool) {
	if now := c.settings.Current(); now != nil {
		for _, s := range now.Sources {
			if s.ID == id {
				return s, true
			}
		}
	}
	return settings.Source{}, false
}

// Fleet makes the fleet that reads the sources in the settings, and follows the settings and what people do to the keys.
func (c *Connectors) Fleet(p sources.Publisher) *sources.Fleet {
	f := sources.NewFleet(sources.FleetConfig{Registry: c.Registry, Deps: c.Deps, Publisher: p, Cursors: c.Places, Health: healthSink{c.Places},
		Metrics: c.Metrics, Node: c.node})
	c.settings.Subscribe(func(now *Current) { f.Apply(now.Sources, now.Terms) })
	c.keys.WatchChanges(f.Restart) // ends with the log
	return f
}

// Try asks the platform of s once with the keys in book and no others, and stores nothing; see sources.Registry.Try.
func (c *Connectors) Try(ctx context.Context, s settings.Source, book sources.KeyBook, n int) ([]sources.Mention, error) {
	d := c.Deps
	d.KeysFor = nil
	d.Secret = func(ctx context.Context, _, name string) (string, error) { return book.Get(ctx, name) }
	d.SaveSecret = func(ctx context.Context, _, name, value string) error { return book.Set(ctx, name, value) }
	return c.Registry.Try(ctx, s, d, n)
}

// JudgeSource says in sentences what no connector of this program can use in s.
func JudgeSource(s settings.Source) error {
	_, err := Registry().Make(s, sources.Deps{})
	if _, bad := fetch.New(fetch.Config{AllowNet: s.AllowNet}); bad != nil {
		err = errors.Join(err, fmt.Errorf("source %q: %w", s.ID, bad))
	}
	return err
}

// Sweeps makes the sweeps that ask platforms again about what record holds, and follow the settings.
func (c *Connectors) Sweeps(record sources.Holder, p sources.Publisher) *sources.Sweeps {
	s := sources.NewSweeps(sources.SweepsConfig{Registry: c.Registry, Deps: c.Deps, Record: record, Publisher: p, Places: c.Places, Health: c.Places,
		Metrics: c.Metrics})
	c.settings.Subscribe(func(now *Current) { s.Apply(now.Sources) })
	return s
}

// healthSink keeps health on the log, and knows from there what it was before a restart and what was pushed to any node.
type healthSink struct{ store *topic.CursorStore }

var (
	_ sources.LastPush   = healthSink{}
	_ sources.LastHealth = healthSink{}
)

func (h healthSink) ReportHealth(ctx context.Context, x sources.Health) error {
	return h.store.SaveHealth(ctx, x)
}

// LastHealth is what a source's monitor goes on from after a restart.
func (h healthSink) LastHealth(ctx context.Context, source string) (sources.Health, error) {
	return h.store.LastHealth(ctx, source)
}

func (h healthSink) LastPush(source string) sources.Pushed { return h.store.LastPush(source) }

// JudgeSources says which sources of a folder no connector of this program can run.
func JudgeSources(f *settings.Folder) error {
	var errs []error
	for _, s := range f.Sources {
		if err := JudgeSource(s); err != nil {
			errs = append(errs, inFile(settings.SourcesFile, err))
		}
	}
	return errors.Join(errs...)
}
