// Package lemmy searches one instance of Lemmy, a network of forums, for public posts and comments: what the instance federates
// (API v3: GET /api/v3/search, newest first).
//
// The cursor is a watermark on the time of publication; a page number lives within one sweep. IDs are "lemmy:" and the ActivityPub address, since the
// numbers are the instance's own. Deleted and removed things are told by their marks when they are asked for again. Times without a zone, as
// older versions write them, are UTC. Instances of version 1.0 that no longer serve API v3 are not read; its renamed members (published_at,
// updated_at) are (unverified).
package lemmy
