// Package linkedin reads what happens around the council's own LinkedIn page: comments on its posts, posts that share them, and posts that mention
// the page (GET /rest/organizationalEntityNotifications, and the same pushed to the receiver). There is no public search.
//
// The cursor is a watermark on lastModifiedAt; start and count page within one sweep (their names, and those of actions and timeRange, are (unverified)).
// LinkedIn keeps notifications for 60 days. IDs are "linkedin:" and the URN of the comment or share. A notification whose text is missing is completed
// from the post itself. COMMENT_EDIT and COMMENT_DELETE become edits and deletions; for posts, and against gaps, what is held is asked for again, each by its URN.
// The time in an edited comment's number (its upper bits are milliseconds) is (unverified). What the page itself writes is left out, except in threads. An
// author is a URN without a name.
//
// Limits are per day and end at 00:00 UTC; LinkedIn says nothing of them, so that the second 429 in a row means tomorrow. 426 is a retired
// version (unverified); the option version names another. Members' activity may be kept briefly only, commonly 48 hours (unverified): its text
// goes then (Connector.Keep). Profile data, commonly 24 hours (unverified), is not asked for.
//
// The receiver answers LinkedIn's challenge, which must look like a UUID: signing any text would sign deliveries for strangers.
package linkedin
