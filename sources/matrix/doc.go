// Package matrix reads rooms of the Matrix network that the council's account has joined: /sync by long poll, with /messages where a timeline has a gap.
//
// The cursor is next_batch, passed once what came with it is stored, and the gaps that are still to be read, each by the server's own tokens, which
// live on; it goes backwards from prev_batch to the place before. A first start reads a week. Up to a thousand messages are handed over in order; a longer gap comes in
// such portions, newest first. Edits (m.replace, only of the same sender) and redactions come by the stream.
//
// Only the rooms that are named are asked for. Encrypted rooms show nothing; rooms that the account marks as direct, and rooms of two people without a
// name, are refused. Earshot accepts no invitation by itself: a person joins with the account. IDs are "matrix:" and the event ID.
//
// Options: server (its name is looked up in .well-known), rooms (IDs), own (user IDs). Key: access_token, without an end (a login without
// refresh_token).
package matrix
