package web

import (
	"slices"
	"strings"

	"earshot/sources"
)

// platformGroups says under which heading of /platforms each kind of source stands; a kind that is not named stands under the last.
var platformGroups = []struct {
	title string
	kinds []string
}{
	{"Social networks", []string{"bluesky", "facebook", "instagram", "threads", "x", "linkedin", "mastodon", "tumblr", "pinterest", "nextdoor", "wechat"}},
	{"Video, pictures and sound", []string{"youtube", "tiktok", "flickr", "twitch", "podcast"}},
	{"Forums and chat rooms", []string{"reddit", "lemmy", "discourse", "phpbb", "telegram", "matrix", "irc", "discord", "slack", "mattermost"}},
	{"News, blogs and wikis", []string{"feed", "wordpress", "mediawiki", "gdelt"}},
	{"Reviews", []string{"googlereviews", "trustpilot"}},
	{"For platforms without a way of their own", []string{"mailbox"}},
	{"Others", nil},
}

// PlatformGroup is a heading with the kinds of source under it.
type PlatformGroup struct {
	Title string
	Kinds []PlatformRow
}

// PlatformRow is one kind of source to choose.
type PlatformRow struct {
	Kind, Title, Reads, Price string
	Have                      int // sources of this kind in the settings
}

func groupPlatforms(r sources.Registry, have map[string]int) []PlatformGroup {
	var out []PlatformGroup
	left := r.Names()
	for _, g := range platformGroups {
		group := PlatformGroup{Title: g.title}
		kinds := slices.DeleteFunc(slices.Clone(left), func(k string) bool { return !slices.Contains(g.kinds, k) })
		if g.kinds == nil {
			kinds = left
		}
		for _, k := range kinds {
			c := r[k]
			group.Kinds = append(group.Kinds, PlatformRow{Kind: k, Title: c.Title, Reads: c.About.Reads, Price: c.About.Price, Have: have[k]})
		}
		left = slices.DeleteFunc(left, func(k string) bool { return slices.Contains(kinds, k) })
		slices.SortFunc(group.Kinds, func(a, b PlatformRow) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
		if len(group.Kinds) > 0 {
			out = append(out, group)
		}
	}
	return out
}

// way is a lawful way to hear of what a platform lets no program read.
type way int

const (
	byMailbox way = iota // the platform's own notifications, sent to a mailbox that is read
	byExport             // a file that the platform's own tools give to the page's owner
	byReport             // a member of staff hands in what they saw
	byAlert              // a Google Alert as a feed
)

// closedPlatforms are the platforms, or parts of them, that no program may read, with why and which way to use instead: the one list of
// them. The facts are those of the platforms' own documents.
var closedPlatforms = []struct {
	name, why string
	ways      []way
	note      string
}{
	{"Facebook Groups and personal timelines", "Facebook took the interface for Groups away on 22 April 2024, and personal timelines never had one.",
		[]way{byReport, byMailbox}, "Notifications come for a group that an account of the council's has joined openly, under its own name."},
	{"Instagram Stories", "Stories that mention the council cannot be asked for: Instagram only announces them while they are up, for a day.",
		[]way{byReport, byMailbox, byExport}, "Comments, tags and mentions in posts can be read; add Instagram as a source for them."},
	{"LinkedIn search", "LinkedIn lets no program search what people write; only what concerns the council's own page can be read, after approval.",
		[]way{byMailbox, byExport, byReport}, ""},
	{"Nextdoor without approval", "What neighbours write is for their neighbourhood. Nextdoor lets approved partners search what authors made public in the last seven days.",
		[]way{byMailbox, byExport, byReport}, "Apply to Nextdoor's partner team first, and describe the use as answering residents. Keep nothing private that was not addressed to the council."},
	{"Quora", "Quora offers no interface, its pages may not be collected, and they are guarded against programs.",
		[]way{byAlert, byMailbox, byReport}, "Set a Google Alert for site:quora.com and the council's name, delivered as a feed."},
	{"Snapchat", "Snaps and chats are private, and no interface searches public Spotlights or lists mentions.",
		[]way{byReport}, "Hand in the link to a Spotlight where there is one; what is made to vanish is reported in words, not copied."},
	{"TikTok search", "TikTok lets academic and non-profit researchers alone search its videos.",
		[]way{byExport, byMailbox, byReport}, "Comments on the council's own videos can be exported from TikTok Studio."},
	{"WeChat Moments, chats and search", "Moments, chats and groups are private, and search inside WeChat has no interface.",
		[]way{byReport}, "Comments on the council's own Official Account can be read where the account has the comment feature."},
	{"WhatsApp Channels", "Channels are one-way broadcasts, and no interface reads them, their reactions or anybody else's channel.",
		[]way{byReport}, "Name the channel and never a telephone number. Chats and groups are private and are not read."},
	{"Private messages, closed groups and private channels", "They are correspondence, not something said in public. Earshot never takes them in, whatever the platform would allow.",
		nil, "Messages to the council are answered in the platform's own inbox. A threat to somebody's safety goes to the police and to the safeguarding lead."},
}

// ClosedPlatform is one entry of closedPlatforms as the page shows it.
type ClosedPlatform struct{ Name, Why, Ways, Note string }

// Way says what to do; Path leads to where it is done, if it is done here.
type Way struct{ Name, Text, Path, Link string }

// wayRows is each way in words, in the order of the constants, given the kinds of source there are.
func wayRows(r sources.Registry) []Way {
	out := []Way{
		byMailbox: {Name: "the notification mailbox", Text: "the platform mails its notifications to a mailbox of the council's own, and Earshot reads that."},
		byExport:  {Name: "an export", Text: "the CSV or Excel file that the platform's own tools give to the page's owner is handed in.", Path: "/import", Link: "Hand in an export"},
		byReport:  {Name: "a staff report", Text: "whoever sees the post hands in a screenshot, with the link if there is one.", Path: "/report", Link: "Report a post"},
		byAlert:   {Name: "a Google Alert", Text: "what Google finds is delivered as a feed.", Path: "/platforms/feed", Link: "Add a feed"},
	}
	if _, ok := r["mailbox"]; ok {
		out[byMailbox].Path, out[byMailbox].Link = "/platforms/mailbox", "Set up the mailbox"
	}
	return out
}

func closedRows(ways []Way) []ClosedPlatform {
	out := make([]ClosedPlatform, len(closedPlatforms))
	for i, c := range closedPlatforms {
		out[i] = ClosedPlatform{Name: c.name, Why: c.why, Note: c.note}
		var names []string
		for _, w := range c.ways {
			names = append(names, ways[w].Name)
		}
		if len(names) > 0 {
			out[i].Ways = sentence(strings.Join(names, ", or "))
		}
	}
	return out
}
