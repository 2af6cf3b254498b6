// Package googlereviews reads the reviews of the council's own places on Google (Business Profile API v4, accounts.locations.reviews).
//
// Every sweep reads the first page of each location, newest change first, and goes on while it is new. The cursor is a watermark on updateTime;
// 24 hours before it are read again. An edited review keeps its name and moves to the top. Google says of itself that pages after the first may
// miss some reviews (June 2026); the first page is always right, so it is asked for hourly. IDs are "googlereviews:" and the review's full name.
//
// Options: locations. Keys: client_id, client_secret, refresh_token (OAuth, scope business.manage; this scope could also reply, which is
// never done). A place's link comes from metadata.mapsUri of the Business Information API (unverified), and is left out where that is not
// allowed. Machine translations are cut off at the marks "(Translated by Google)" and "(Original)" (unverified). 300 requests a minute are
// published for the sibling APIs (unverified here). Reviews are asked for again daily; NOT_FOUND is a deletion. How long they may be kept is
// commonly given as 30 days (unverified). A refusal for a quota of 0 is told by quota_limit_value of its details (unverified).
package googlereviews
