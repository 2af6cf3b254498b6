// Package instagram reads what concerns the council's own professional account (the API with Facebook Login): media that tags it
// (GET /{account}/tags), comments on its own media (/{account}/media, /{media}/comments), hashtags (/ig_hashtag_search, /{hashtag}/recent_media), and,
// told by webhook and fetched at once, captions and comments that @mention it (mentioned_media, mentioned_comment). There is no search of words; mentions
// in Stories and private messages are never read.
//
// Options: account (the account's number), username, hashtags (at most 30: the platform allows so many in seven days), version (of the API). Keys:
// token, and for webhooks app_secret and verify_token.
//
// The cursor is a watermark on timestamp over all lists, with an overlap of 48 hours; page cursors live within one sweep. Comments are read on media of
// the last 7 days in every round, and every 6 hours, with all replies, on media of the last 30 days; later ones come by webhook only. Hashtags are read
// once an hour: they show the last 24 hours, and no author.
//
// Comments have no address of their own: their media's is given. A media's own link is short-lived and dropped for the page it is shown on.
// Asking again: tagged media is looked for in the list of tags, comments and mentions by their number; a hashtag's media cannot be asked for again.
// That /{account}/media lists the account's own media newest first, that a hashtag shows 24 hours and at most 50 a page, that an object
// mentioned_media does not return any more is deleted, and the code 80002 are (unverified). A caption's mention comes without an address.
package instagram
