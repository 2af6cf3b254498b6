// Package discord reads text channels and public threads of servers whose administrators invited the council's bot.
//
// Messages are read by REST, channel by channel, after the snowflake of the watermark; a page comes newest first, but the pages go forward. What
// was edited within the hour is seen by the overlap. In the mode "stream" the Gateway wakes the poll whenever somebody writes and tells of edits
// and deletions as they happen; the poll keeps the place and fills the gaps of every broken connection. In both modes each message is asked for again
// now and then, which finds deletions. Every channel is asked what it is before it is read: direct messages, group messages and private threads are refused.
//
// A channel's threads are channels of their own: list their IDs where they shall be read. Options: channels (IDs), own (user IDs), mode (poll, stream). Key: token of
// the bot. Without the privileged intent Message Content every text is empty. The time in a file's address at which it ends, and the limits of 50
// requests a second and of refused requests, are (unverified).
package discord
