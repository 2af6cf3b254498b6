package mailbox

import (
	"regexp"

	"earshot/sources"
)

// template is one sort of notification of one platform. None is documented by its platform: all are (unverified), and one that no longer
// fits lets its mail be kept as text.
type template struct {
	platform string
	version  string   // when it was written
	domains  []string // of the sender
	hosts    []string // of the link to what is notified; nil: the domains of the sender
	unwrap   []string // parameters that hold the real address in a link of the platform's own

	subject *regexp.Regexp // with the group author, if it names one
	kind    sources.Kind
	private bool   // between two people: dropped
	digest  bool   // many things in one mail, each with its link
	public  string // Visibility
}

func re(s string) *regexp.Regexp { return regexp.MustCompile(s) }

const who = `(?P<author>.{1,80}?)`

var (
	facebook  = []string{"facebookmail.com"}
	instagram = []string{"mail.instagram.com", "instagram.com"}
	linkedin  = []string{"linkedin.com"}
	nextdoor  = []string{"nextdoor.com", "nextdoor.co.uk"}
	quora     = []string{"quora.com"}
	reddit    = []string{"redditmail.com", "reddit.com"}
	tiktok    = []string{"tiktok.com"}
	youtube   = []string{"youtube.com"}
	alerts    = []string{"google.com"}
)

// templates are tried in order; the first whose sender and subject fit is used.
var templates = []template{
	{platform: "facebook", version: "2026-11", domains: facebook, subject: re(`(?i)sent you (?:a message|\d+ messages)|message request|messenger`), private: true},
	{platform: "facebook", version: "2026-11", domains: facebook, hosts: []string{"facebook.com"}, subject: re(`(?i)^` + who + ` (?:also )?(?:commented on|replied to|mentioned you in a comment|mentioned .+ in a comment)`),
		kind: sources.Comment, public: "unknown"},
	{platform: "facebook", version: "2026-11", domains: facebook, hosts: []string{"facebook.com"}, subject: re(`(?i)^` + who + ` (?:posted (?:in|on|to)|shared|tagged|mentioned)`), kind: sources.Post, public: "members"},
	{platform: "instagram", version: "2026-11", domains: instagram, subject: re(`(?i)sent you a message|direct message`), private: true},
	{platform: "instagram", version: "2026-11", domains: instagram, hosts: []string{"instagram.com"}, subject: re(`(?i)^` + who + ` (?:commented|mentioned you|replied|tagged you)`), kind: sources.Comment, public: "unknown"},
	{platform: "linkedin", version: "2026-11", domains: linkedin, subject: re(`(?i)sent you a (?:new )?message|inmail|just messaged you`), private: true},
	{platform: "linkedin", version: "2026-11", domains: linkedin, subject: re(`(?i)^` + who + ` (?:commented on|replied to|mentioned you)`), kind: sources.Comment, public: "public"},
	{platform: "linkedin", version: "2026-11", domains: linkedin, subject: re(`(?i)^` + who + ` (?:posted|shared)`), kind: sources.Post, public: "public"},
	{platform: "nextdoor", version: "2026-11", domains: nextdoor, subject: re(`(?i)private message|sent you a message`), private: true},
	{platform: "nextdoor", version: "2026-11", domains: nextdoor, subject: re(`(?i)^` + who + ` (?:replied|commented|mentioned)`), kind: sources.Comment, public: "members"},
	{platform: "nextdoor", version: "2026-11", domains: nextdoor, subject: re(`(?i)^` + who + `(?:, [^:]{1,60})?(?: posted|: )`), kind: sources.Post, public: "members"},
	{platform: "quora", version: "2026-11", domains: quora, subject: re(`(?i)messaged you`), private: true},
	{platform: "quora", version: "2026-11", domains: quora, subject: re(`(?i)digest`), kind: sources.Post, digest: true, public: "public"},
	{platform: "quora", version: "2026-11", domains: quora, subject: re(`(?i)^(?:` + who + ` (?:answered|asked|commented)|.+\?$)`), kind: sources.Post, public: "public"},
	{platform: "reddit", version: "2026-11", domains: reddit, subject: re(`(?i)sent you a (?:private )?message|chat`), private: true},
	{platform: "reddit", version: "2026-11", domains: reddit, hosts: []string{"reddit.com"}, subject: re(`(?i)^(?:u/)?` + who + ` (?:replied to|mentioned you|commented)`), kind: sources.Comment, public: "public"},
	{platform: "tiktok", version: "2026-11", domains: tiktok, subject: re(`(?i)sent you a message|direct message`), private: true},
	{platform: "tiktok", version: "2026-11", domains: tiktok, subject: re(`(?i)^@?` + who + ` (?:commented|mentioned you|replied)`), kind: sources.Comment, public: "public"},
	{platform: "youtube", version: "2026-11", domains: youtube, hosts: []string{"youtube.com", "youtu.be"}, subject: re(`(?i)^(?:new comment|` + who + ` (?:commented|replied|mentioned))`), kind: sources.Comment, public: "public"},
	{platform: "news", version: "2026-11", domains: alerts, subject: re(`(?i)^google alert`), kind: sources.Article, digest: true, unwrap: []string{"url", "q"}, public: "public"},
}

// private finds in a subject that two people write to each other, whatever the platform: an answer to a story is a message too.
var private = re(`(?i)\b(?:new|unread|private|direct) messages?\b|\bmessages? (?:from|requests?)\b|\b(?:sent|sends) .{0,60}\bmessages?\b|\b(?:replied|reacted) to your (?:message|story)\b|` +
	`\bmessaged\b|\binmail\b|\bmessenger\b`)

// footer is where a platform's own words begin; the rest is left out.
var footer = re(`(?im)^[ \t>*|-]*(?:view (?:on|comment|post|the (?:post|comment|video|reply)|this (?:post|comment)|reply|all|more)\b|see (?:comment|post|more on|all (?:posts|comments)|the full)\b|` +
	`reply (?:on|to this|here)\b|open (?:in )?(?:facebook|instagram|linkedin|nextdoor|tiktok|reddit)\b|this (?:message|email|e-mail|mail) was (?:sent|intended)|` +
	`(?:you are|you're|you’re) receiving (?:this|these)|you received this|unsubscribe|was this (?:email|e-mail) |manage (?:your )?(?:email|notification)|edit this alert|` +
	`to stop receiving|(?:don't|don’t) want (?:to|these)|© ?\d{4}|meta platforms|linkedin ireland)`)

// furniture are lines that say nothing of what was written.
var furniture = re(`(?im)^[ \t]*(?:hi|hello|dear)\b[^\n]{0,60},?[ \t]*$|^[ \t]*={3,}.*$|^[ \t]*-{3,}.*$|^[ \t]*https?://\S+[ \t]*$|^[ \t]*(?:facebook|instagram|linkedin|nextdoor|quora|reddit|tiktok|youtube)[ \t]*$`)
