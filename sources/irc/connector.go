package irc

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/settings"
	"earshot/sources"
)

// Connector is the channels of one IRC network.
var Connector = sources.Connector{
	Name: platform, Title: "IRC", New: New,
	About: sources.About{
		Reads: "What is said in channels of one IRC network, from now on.",
		Access: "No key on most networks. Ask each channel's operators first, and have the bot announced in the topic. Where the network wants it, register an account for the " +
			"bot and enter its name and password.",
		Price:    "Nothing.",
		Approval: "The channel's operators decide; many networks forbid undisclosed logging.",
		Cannot:   "IRC keeps no history, so what is said while Earshot is not connected is lost. Private messages are never read.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "Server", Hint: "Name and port.", Example: "irc.libera.chat:6697", Needed: true},
		{Name: "channels", Label: "Channels", Hint: "Separated by commas.", Example: "#exampleford", Needed: true},
		{Name: "nick", Label: "Nickname", Hint: "Short: some servers cut it after nine letters.", Example: "earshot", Needed: true},
		{Name: "tls", Label: "Encrypted", Hint: "Port 6697 is, port 6667 is not.", Values: []string{"yes", "no"}},
		{Name: "account", Label: "Account", Hint: "The bot's account on the network (SASL), if it has one.", Example: "earshot"},
		{Name: "own", Label: "The council's own nicknames", Hint: "What they say is no mention.", Example: "council"},
	},
	Keys: []sources.Field{
		{Name: secretServer, Label: "Password of the server", Hint: "Seldom needed."},
		{Name: secretSASL, Label: "Password of the account", Hint: "Needed with an account."},
	},
}

const (
	platform     = "irc"
	secretServer = "password"
	secretSASL   = "sasl_password"

	dialGap = 5 * time.Second // between two connections, at least
)

// network listens on one connection at a time.
type network struct {
	address  string
	host     string
	secure   bool
	channels []string
	nick     string
	account  string
	own      []string
	source   settings.Source
	deps     sources.Deps

	stream sources.Stream
	sources.Poller
}

var (
	_ sources.Closer = (*network)(nil)
	// word is what may stand as a parameter: nothing that could end it, or the line.
	word = regexp.MustCompile(`^[^\s:,\x00-\x20][^\s,\x00-\x20]*$`)
)

// New makes the listener on a network.
func New(s settings.Source, d sources.Deps) (sources.Source, error) {
	x := &network{address: strings.TrimSpace(s.Options["server"]), nick: strings.TrimSpace(s.Options["nick"]), account: strings.TrimSpace(s.Options["account"]),
		channels: sources.ListOption(s.Options["channels"]), own: sources.ListOption(s.Options["own"]), source: s, deps: d}
	var faults []error
	host, _, err := net.SplitHostPort(x.address)
	if err != nil || host == "" {
		faults = append(faults, errors.New("an IRC source needs the option server with its port, such as irc.libera.chat:6697"))
	}
	if !word.MatchString(x.nick) {
		faults = append(faults, errors.New("an IRC source needs the option nick, a short word"))
	}
	if x.account != "" && !word.MatchString(x.account) {
		faults = append(faults, errors.New("account must be one word"))
	}
	if len(x.channels) == 0 {
		faults = append(faults, errors.New("an IRC source needs the option channels, such as #exampleford"))
	}
	for _, c := range x.channels {
		if !strings.ContainsAny(c[:1], "#&+!") || !word.MatchString(c) {
			faults = append(faults, fmt.Errorf("%q is no channel: their names begin with #; private messages are never read", c))
		}
	}
	switch s.Options["tls"] {
	case "", "yes", "no":
		x.secure = s.Options["tls"] != "no"
	default:
		faults = append(faults, fmt.Errorf("tls is %q; write yes or no", s.Options["tls"]))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	x.host = host
	x.stream = sources.Stream{Run: x.run, Gap: dialGap, Now: d.Now}
	x.Poller = sources.Poller{Fetch: x.stream.Page, Forward: true, Every: sources.StreamEvery, Now: d.Now}
	return x, nil
}

// Close leaves the network.
func (x *network) Close() error { return x.stream.Close() }

// listens says that a channel is one of ours.
func (x *network) listens(channel string) bool {
	return slices.ContainsFunc(x.channels, func(c string) bool { return fold(c) == fold(channel) })
}

func (x *network) isOwn(nick string) bool {
	return slices.ContainsFunc(x.own, func(o string) bool { return fold(o) == fold(nick) })
}
