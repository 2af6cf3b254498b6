package bluesky

import (
	"time"

	"earshot/sources"
)

// Connector is Bluesky, by stream or by search.
var Connector = sources.Connector{
	Name: "bluesky", Title: "Bluesky", New: New, Every: 5 * time.Minute, PerDay: 864_000, // 3,000 requests in 5 minutes
	Recheck: 7 * 24 * time.Hour, Batch: postsACall,
	About: sources.About{
		Reads:    "The stream reads every public post of the whole network as it is published and keeps those that match a watch term; a search reads what Bluesky finds for a query.",
		Access:   "The stream needs no key. A search needs an account of the council's and an app password (Bluesky: Settings, Privacy and security, App passwords).",
		Price:    "Nothing. The stream takes about 1 Mbit a second of the network.",
		Approval: "Nobody is asked.",
		Cannot:   "A search sees no deletions by itself: what it brought is asked about once a week. The stream sees them at once.",
	},
	Options: []sources.Field{
		{Name: "mode", Label: "How to read", Hint: "The stream misses nothing; a search is lighter.", Values: []string{"stream", "search"}},
		{Name: "query", Label: "Search for", Hint: "Needed for a search.", Example: "\"Exampleford Council\""},
		{Name: "identifier", Label: "Account", Hint: "The handle of the account that searches.", Example: "exampleford.gov.uk"},
		{Name: "account", Label: "The council's own accounts", Hint: "Their DIDs, separated by commas: posts that address them are mentions whatever they say.", Example: "did:plc:abc"},
	},
	Keys: []sources.Field{{Name: secretPassword, Label: "App password", Hint: "Needed for a search. Make one in Bluesky's settings for Earshot alone."}},
}
