package mastodon

import (
	"time"

	"earshot/sources"
)

// Connector is a Mastodon server's hashtags or search.
var Connector = sources.Connector{
	Name: "mastodon", Title: "Mastodon", New: New, Every: 5 * time.Minute, PerDay: 86_400, // 300 requests in 5 minutes
	Recheck: 7 * 24 * time.Hour, Batch: 1,
	About: sources.About{
		Reads:    "Public posts with up to five hashtags, or what one server's search finds, as that server sees the network.",
		Access:   "Most servers show hashtags to everybody. A search needs an account on the server and an access token (Preferences, Development, New application, scopes read:statuses and read:search).",
		Price:    "Nothing.",
		Approval: "Nobody is asked; the server's rules hold.",
		Cannot:   "A search finds only posts whose authors opted in to be found.",
	},
	Options: []sources.Field{
		{Name: "server", Server: true, Label: "Server", Hint: "The address of a server that many residents use.", Example: "https://social.example.org", Needed: true},
		{Name: "hashtags", Label: "Hashtags", Hint: "Up to five, separated by commas; or else a search.", Example: "Exampleford"},
		{Name: "query", Label: "Search for", Hint: "Instead of hashtags.", Example: "Exampleford Council"},
	},
	Keys: []sources.Field{{Name: secretToken, Label: "Access token", Hint: "Needed for a search, and where the server shows nothing to strangers."}},
}
