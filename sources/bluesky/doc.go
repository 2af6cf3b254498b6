// Package bluesky reads Bluesky: everything public as it is published (Jetstream, the default) or what a search finds (searchPosts).
//
// The stream has no keyword filter: every post of the network passes through. A glance at each frame collects what people can read in
// it into one buffer, without an allocation, and asks the watch terms; only what matches is decoded. Deletions of the whole network
// pass too; they are handed on for the Supervisor to ask Deps.Known, and without that only for what this process handed on itself. When
// an account is deleted, taken down, suspended or deactivated, its mentions are deleted (Deps.ByAuthor); Bluesky may bring the account
// back, this program does not bring back its text.
//
// The stream's cursor is Jetstream's time_us; every connection begins five seconds before it, so a batch may repeat mentions. The
// search's cursor is a watermark in the server's time of indexing. A search sees no deletions.
//
// Options: mode (stream, search; stream), account (DIDs of the council's own accounts, comma-separated: posts that address them are
// mentions whatever they say).
// stream: jetstream (address; a public one), appview (where handles are looked up; empty for a jetstream of one's own: not looked up).
// search: query, service (https://bsky.social), identifier (handle of the account); the secret app_password.
package bluesky
