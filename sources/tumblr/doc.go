// Package tumblr reads the public posts on Tumblr that carry given tags: API v2, GET /tagged, twenty posts newest first. Tumblr offers no search by words.
//
// The cursor is a watermark on the time of posting; before=<Unix time> pages within one sweep, one tag after the other. Several posts may share a second, so
// each page begins one second late and what is met twice is passed over; more than twenty in one second end the sweep. A featured tag is in the
// order of featured_timestamp. IDs are "tumblr:" and id_string, since the number loses digits. The tags stand under the text, where the watch terms
// find them.
//
// Nothing tells of edits and deletions: each week every post is asked for by its blog's uuid, which outlives the blog's name; 404 is a deletion.
// A thread is the replies and the reblogs with words of their own, from the post's notes (mode conversation); the members reply_text and added_text
// of a note are (unverified). Notifications of the council's own blog need a signature for which no reading scope exists, and are not read.
//
// Key: the OAuth consumer key, which Tumblr wants in the query. 1,000 requests an hour and 5,000 a day; a 429 says in X-Ratelimit-Perhour-* and
// X-Ratelimit-Perday-* which of them is used up, in seconds to go (unverified). The status in the body is heeded besides that of HTTP. The
// agreement's terms on deletion and attribution are (unverified).
package tumblr
