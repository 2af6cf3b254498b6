package feed

import (
	"time"

	"earshot/sources"
)

// Connector is a feed of any sort.
var Connector = sources.Connector{
	Name: "feed", Title: "Feed (RSS, Atom, JSON Feed, Google Alerts)", New: New, Push: NewReceiver, Every: time.Hour,
	About: sources.About{
		Reads:    "The items of one public feed: news, blogs, comments, podcasts' notes, wikis' recent changes, or a Google Alert set to deliver to a feed.",
		Access:   "No key. Copy the feed's address from the site, or from the Google Alert (Deliver to: RSS feed).",
		Price:    "Nothing.",
		Approval: "Nobody is asked.",
		Cannot:   "A feed does not tell when an item was deleted, and a Google Alert shows only the beginning of what it found.",
	},
	Options: []sources.Field{
		{Name: "url", Label: "Address of the feed", Hint: "It usually ends in /feed/, .rss or .xml.", Example: "https://www.example.org/feed/", Needed: true},
		{Name: "platform", Label: "Platform", Hint: "The name that its mentions carry; feed when left empty.", Example: "blog"},
		sources.CallbackField,
	},
}
