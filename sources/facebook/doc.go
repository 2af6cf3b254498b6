// Package facebook reads what concerns one Facebook Page of the council's own: posts that tag it (GET /{page}/tagged), visitors' posts and the comments
// on everything on the Page (/{page}/feed, /{post}/comments), recommendations (/{page}/ratings), and by webhook also mentions elsewhere. There is no search.
// Groups and personal timelines have no API. Messenger is private correspondence: its webhook is passed over.
//
// Options: page (the Page's number), version (of the API). Keys: token (a Page token), and for webhooks app_secret and verify_token.
//
// The cursor is a watermark on created_time over all lists, with an overlap of 48 hours; page cursors live within one sweep. Comments are asked for
// on posts of the last 30 days whose updated_time, which a comment moves, lies after the watermark; later comments come by webhook only. For
// that reason updated_time is no edit: an edit is told by other words under the same ID, or by a webhook's edited_time.
//
// An app has one webhook address for all its Pages: what is told of another Page is dropped here, and that Page is polled. A webhook's values for the verbs
// hide and unhide are passed over: what the council hides stays on record. An author is often missing and never has a handle. The fields of /ratings, the
// address made of a comment's numbers, that posts elsewhere can be asked for by their number, and that a Page token
// of a long-lived user token has no fixed end are (unverified).
package facebook
