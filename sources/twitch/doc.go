// Package twitch reads the chat of Twitch channels whose streamers agreed, by EventSub over a websocket, or finds live streams by their titles.
//
// There is no search of chat and no history: what is said while nobody listens is lost, so the chat's cursor is only the time of what is
// stored. A message has no time of its own; that of the event stands for it. Messages that are deleted, and those of people who
// are timed out or banned or of a chat that is cleared, as far as they are among the last few thousand, are deleted. A reconnect that Twitch asks for
// loses nothing: the new connection stands before the old one is let go. Events that come twice or are older than ten minutes are dropped, and what is said
// in another channel's shared chat.
//
// The mode "search" asks for live streams whose title or channel matches: the title is the mention, and the watermark the time at which a stream began, read
// again two days back, since a title may change. Whispers are never read.
//
// Options: mode (chat, search), channels (logins), query, own (logins or IDs). Keys: client_id, client_secret, and for the chat refresh_token of an account with the
// scope user:read:chat. The tokens' lifetimes and how the developer agreement is worded are (unverified). To subscribe is a POST that makes Twitch
// send: it changes nothing that anybody sees.
package twitch
