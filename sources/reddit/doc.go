// Package reddit reads Reddit's API (oauth.reddit.com) with a key of the council: a search over all posts, and the new posts and comments of named
// subreddits, which the watch terms then sift. Comments cannot be searched: those of other subreddits are not found. Without approval the feeds
// of Reddit (https://www.reddit.com/r/NAME/new/.rss) can be read as a source of the kind feed; since June 2026 they are throttled hard.
//
// The cursor is a watermark on created_utc; a fullname ("t3_1exam01") pages within one sweep and is never kept, since "before" and "after" give nothing
// once the thing they name is deleted. IDs are "reddit:" and the fullname. A listing ends after about 1,000 things (unverified), so a busy
// subreddit is asked often.
//
// Reddit reports no edits and no deletions: everything held is asked for again each day through /api/info, a hundred at once. What is missing,
// "[deleted]" or "[removed]", or was written by an account that is gone, is deleted here too; the 48 hours within which Reddit wants that are
// (unverified). A thread is /comments/{id} with the comment's context (its parameter context is (unverified)).
//
// Access: the client id and secret give an app-only token (grant client_credentials), sent to www.reddit.com; 100 requests a minute. A key that was
// refused and a private or quarantined subreddit stop the source; X-Ratelimit-Reset is in seconds to go. The shape of the 403 is (unverified).
// The inbox, which would tell of the account's own mentions, holds private messages too and is not read.
package reddit
