// Package trustpilot reads the public reviews of one business profile (Trustpilot API v1, business-units/{id}/reviews by page, newest first).
//
// The profile is found once by its domain. The cursor is a watermark on the time of the last change; 48 hours before it are read again, and a page
// number lives within one sweep: numbers shift as reviews arrive. An edit among the newest hundred is seen by its updatedAt, an older one when
// the review is asked for again, which is daily: what is shown must be no older than a day, and a 404 is a deletion.
//
// Options: domain. Keys: api_key, sent in a header; hook_key for pushes. Trustpilot's pushes carry no signature that is known (unverified), so that
// the address given to it ends in ?key= and hook_key, and what is pushed is only a hint: each review named in it is read from the API. The shape
// of a push (events with eventName and eventData.id) is (unverified). So are numberOfLikes, the permalink's form, businessUnit of a
// single review, and the wording of the terms: link back, alter nothing, identify nobody. No header says when to wait; Retry-After is obeyed.
package trustpilot
