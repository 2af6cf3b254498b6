// Package irc listens in channels of one IRC network whose operators agreed.
//
// IRC keeps no history: what is said while nobody listens is lost, so the cursor is only the time of what is stored, by which a server's replay on
// joining is recognised. Of IRCv3 what the server lists is used: server-time, message-tags (msgid), account-tag, batch, draft/message-redaction. IDs are "irc:HOST/" and the
// msgid, or a hash of time, channel, nick and text where there is none; the time is the server's, or else ours. Edits there are none,
// deletions only as REDACT. A message has no address on the
// web, and a channel is no thread: else everything said in it would be one incident.
//
// Only what is said in the named channels is taken. Private messages are dropped unread, CTCP but ACTION too, and invitations are not followed.
// Whoever removes the bot from a channel has removed it: the source stops. The bot says nothing but what the protocol demands.
//
// Options: server (host:port), tls (yes, no), channels, nick, account, own (nicks). Keys: password of the server; sasl_password of the account.
// Networks' rules on undisclosed logging are (unverified): announce the bot in the topic.
package irc
