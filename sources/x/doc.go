// Package x reads X (Twitter) API v2: a keyword search of the last seven days (GET /2/tweets/search/recent), or what mentions one account
// (GET /2/users/{id}/mentions).
//
// The cursor is a watermark: the newest post's id (since_id), with the time beside it for when that id is over seven days old and refused
// (unverified); a next_token lives within one sweep. IDs are "x:" and the id of the post's first version: every edit is a new id at X, and comes as the
// same mention with State Edited. Its CreatedAt is read from the first id, a snowflake (unverified), since created_at is the version's own
// (unverified). Both spellings of members are understood (referenced_tweets and referenced_posts, and so on); the option fields chooses the one that
// is sent. Entities in text are decoded (that X writes &amp; is unverified), and t.co links replaced by where they lead.
//
// The account's own posts are left out where the option user_id names it, except as parents in a thread. Location, pictures and
// follower counts are neither asked for nor kept.
//
// X pushes no deletions to a search client, and its terms want them followed: everything held is asked for again every week, a hundred
// at once, since each post in an answer is charged and X's 24 hours count from when one knows; what X lists under errors as not found or not authorised (deleted, protected, suspended) is deleted, what is withheld
// in the United Kingdom is withheld. What it names in neither place is not judged.
//
// usage-capped, or 402 (unverified), is credit used up: no waiting cures it. A bearer token lives until it is revoked (unverified).
package x
