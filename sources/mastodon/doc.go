// Package mastodon reads one server of the Fediverse: a hashtag's timeline or a search for statuses.
//
// Mastodon gives late arrivals from other servers an id by their own date, so an id is no watermark: a sweep goes back by time, with ten
// minutes of overlap, along the server's own Link headers. Only public statuses are taken, and unlisted ones that a watch term
// matches; boosts are left out, and so is everybody who asks not to be indexed. An edit comes as the same ID with another text while it
// lies in the overlap. A poll sees no deletions: each status is asked for again by the server's own id, which the mention keeps as the member
// mastodon_id beside its global ID.
//
// Options: server (https://social.example.org), hashtags (comma-separated, five at most) or query; the secret access_token, which a
// search needs always and a timeline where the server shows nothing to strangers. A search finds only what the server indexed of
// those who opted in.
package mastodon
