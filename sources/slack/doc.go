// Package slack reads public channels of workspaces that installed the council's Slack app: conversations.history by poll, and the Events API
// where the app pushes.
//
// The poll's cursor is a watermark on the time of posting, read again an hour back, so that an edit within the hour is seen; next_cursor lives
// within one sweep. Slack answers ts both as id and as time: IDs are "slack:CHANNEL/TS". Replies are fetched with the threads that began within
// the overlap; those in older threads come by push alone. Edits and deletions come by push, and where nothing is pushed by asking
// again about each message. Only public channels that invited the app are read: direct messages, group messages and private channels are
// refused by name and dropped from what is pushed.
//
// Options: workspace (https://example.slack.com), channels (IDs, separated by commas), own (user IDs). Keys: token (xoxb-, scopes channels:history,
// channels:read and, for the names of authors, users:read), and for the push signing_secret.
//
// Every refusal is HTTP 200 with ok false and a code. The form of a permalink is made, not asked for with chat.getPermalink (unverified).
// Apps that are sold outside Slack's marketplace get 1 request a minute and 15 messages each; the council's own app does not.
package slack
