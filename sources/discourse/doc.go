// Package discourse reads the public posts of one Discourse forum: GET /posts.json, newest first, whole, which the watch terms then sift. The search
// (/search.json) is not used, since it answers with beginnings of posts only.
//
// The cursor is a watermark on the time of writing; before=<post id> pages within one sweep. An older forum answers with a window of fifty numbers, which
// may be empty where posts are not public: one empty window is passed, two end the sweep. An hour is read again each time, so that early edits come
// too. IDs are "discourse:", the forum's host and folder, and "posts/" with the post's number; the thread is the topic. A reply names the number of
// the post it answers within the topic, not its id: its parent is the topic until the thread is read (GET /t/<topic>/<number>.json, the twenty posts around it).
//
// Deletions and late edits are found by asking for each post each week (GET /posts/<id>.json): 404, or one of the marks user_deleted, deleted_at and hidden, is
// a deletion. A 403 that says invalid_access, a topic made private, counts as one; its error_type is (unverified), as is that of a forum closed to
// strangers, not_logged_in, which stops the source.
//
// Two limits: that of the site answers 429 in plain text with Retry-After, that of one action in JSON with extras.wait_seconds. Both are obeyed for the
// whole source. The defaults, 200 requests a minute for strangers and 60 for keys, are the operator's to change.
package discourse
