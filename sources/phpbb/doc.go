// Package phpbb reads the posts of one phpBB board by its own Atom feed: of all forums or of one. It is a connector of its own, beside the kind feed, for what
// only phpBB's feed says and how: the post's number is its id, the same from every feed of the board; a title "Forum • Re: Topic" is taken apart;
// the statistics under each text are left out.
//
// The feed holds the newest posts only (15 unless the board's keeper wants another number) and has no pages: a busy board must be asked
// more often than that many posts are written. Newer boards have it at app.php/feed, older ones at feed.php; both are tried. A board whose keeper
// switched the feed off answers 404. The cursor is a watermark on the time of posting. IDs are "phpbb:", the board's host and folder, and "p" with the
// post's number, of a topic feed "t" with the topic's.
//
// An edited post comes again while it is in the feed. Nothing tells of deletions: each month the post's page is asked for, and 404 or 410 is a
// deletion; phpBB answers 404 for a post that does not exist (unverified). MyBB, vBulletin and XenForo have feeds of other shapes, which the
// kind feed reads: /syndication.php?type=atom1.0, /external.php?type=RSS2, /forums/-/index.rss (all three unverified).
package phpbb
