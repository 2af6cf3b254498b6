// Package nextdoor reads Nextdoor's search of public posts for approved partners (GET /content_api/v2/search_post): what was published within the last seven days
// around one or more places, with its comments.
//
// There is no since parameter and no stated order, so a sweep reads every page of every circle; the cursor is a watermark on the time of publication.
// Pages count by current_page, whose beginning at 1 is (unverified); a page that begins as the one before ends the circle. IDs are "nextdoor:" and the post's,
// and for a comment the post's, a slash and its own, which is not known to be unique by itself. Where a post or author is on the map is not kept, nor the
// neighbourhood's name.
//
// The client credentials, the token's address and the host (nextdoor.com, or nextdoor.co.uk for the United Kingdom) come with the approval; the default address is
// that of the share API (unverified). Rate limits are not published (unverified).
//
// Nextdoor tells of no edit or deletion: what is held and younger than its seven days is looked for again; what is older cannot be judged, and its text
// goes then (Connector.Keep).
package nextdoor
