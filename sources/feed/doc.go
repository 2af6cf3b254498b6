// Package feed reads RSS, Atom and JSON feeds: news, blogs, forums, podcasts' notes, comment feeds and Google Alerts.
//
// One Source is one feed. Its cursor holds the validators of the last answer (ETag, Last-Modified), where a permanent redirect led, and
// for each item of the window its ID with a hash of its content: a new hash under an old ID is an edit. An item that leaves the window is
// not deleted; only an Atom tombstone (RFC 6721) is a deletion. IDs are "feed:" with a short hash of the feed's configured address and
// the item's own id, since items' ids are unique within their feed only.
//
// Options: url (needed); platform (the name mentions carry; feed); callback (where a hub may push to). With callback, the hub that the feed
// names (rel=hub, WebSub) is asked daily to push; this is the one request that is no read, and it asks for nothing but reading. A push is signed,
// or it is refused; what was pushed comes once more with the next poll, under the same ID and version. Key: hub_secret, made here.
// Facts of Google Alerts' form come from fixtures of several parsers, not from a live feed (unverified).
package feed
