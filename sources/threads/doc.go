// Package threads reads what concerns the council's own Threads profile: posts that mention it (GET /{account}/mentions), public posts found by words or
// topic tags (/keyword_search, after App Review; before it the platform searches the account's own posts only), and replies to its own posts
// (/{account}/threads, /{post}/conversation). Webhooks bring mentions and replies at once.
//
// Options: account (the profile's number), username, keywords (at most 10; one that begins with # is a topic tag). Keys: token, which lives for 60 days and
// is renewed here every week, and for webhooks app_secret and verify_token, both of the Threads use case, which has its own.
//
// The cursor is a watermark on timestamp over all lists, with an overlap of 12 hours; page cursors live within one sweep. Searches count against 2,200
// in 24 hours for the account, whatever app asks; they are spread over the day here. Conversations are read under posts of the last 7 days in
// every round, and every 6 hours under those of the last 30; later replies come by webhook only.
//
// The webhook delete tells of posts that the council deleted itself and is passed over, as publish is. Asking again goes by number. That posts of others can be
// asked for by their number, that /{account}/threads lists the own posts newest first, that conversation takes reverse=true for the newest first,
// that replies tell as mentions do, that since alone is enough of a window, how young a token may be to be renewed (24 hours), and the usage
// headers on this host are (unverified). Likes and views of other people's posts are not told.
package threads
