// Package mediawiki reads the changes of one wiki through MediaWiki's Action API (api.php): all recent ones, or those of the pages that an account
// watches, which is the way to read a large wiki such as Wikipedia.
//
// A mention is one revision: its title is the page's, its text the summary and the lines that the revision added. What a page said before is not repeated.
// Edits by bots are left out, and so is the name of an editor without an account, which would be an IP address. IDs are "mediawiki:", the wiki's
// host and folder, and "rev/" with the revision's number; the thread is the page. A thread is read as the page's last revisions, which show a revert.
//
// The cursor is a watermark on the time of the change; rccontinue pages within one sweep. A page of 25 changes costs a second request, for the texts
// before and after. Revisions never change, but they are deleted and hidden: each week they are asked for again, fifty at once, and what is missing, or
// has its text, author or summary hidden, is deleted here.
//
// The watchlist is read by the account's watchlist token, which can do nothing else. Errors come in a 200: maxlag and ratelimited wait, for
// Retry-After where it is said, a refused token or right stops the source. Shapes, deletion and the watchlist token were seen on MediaWiki
// 1.39; the codes maxlag and ratelimited, and temporary accounts of 1.43, are (unverified).
package mediawiki
