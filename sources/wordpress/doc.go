// Package wordpress reads a site's posts and comments by WordPress's REST interface, wp/v2, which nearly every such site offers to everybody. It asks
// by ?rest_route=, which works with and without pretty permalinks; sites on wordpress.com have the interface elsewhere and are read by their
// feeds, as are sites that closed it.
//
// One sweep has three parts, each newest first: posts by date, posts by their last change, comments. The cursor is a watermark on the time of
// publication or change; a page number lives within one sweep. Two days are read again each time, since a comment keeps the date on which it was
// written while it waits for the site's owner to let it through. IDs are "wordpress:HOST/posts/41" and "wordpress:HOST/comments/7", with the
// site's folder after HOST where it has one.
//
// An edited post comes with the next sweep; an edited comment as far back as the two days. Deletions are found by asking again each week, a hundred at
// once: what the site no longer shows is deleted. A thread is a post and its comments.
//
// No key. WordPress itself has no rate limit; hosts and plugins answer 429, 403 or 503. Seen on WordPress 6.1: paging headers, 400 beyond the last
// page, which ends the sweep, authors embedded. The parameter modified_after is not needed and not used, for sites older than 5.7.
package wordpress
