// Package mattermost reads public channels of a Mattermost server that the council's bot was invited to: posts since a time, with
// what became of them.
//
// The server answers with everything created, edited or deleted since, so the cursor is a watermark on the time of the last change, and edits and
// deletions come by the poll itself. At most 1,000 posts come at once (unverified); where there are more, the channel is read by pages, newest first, which
// show no deletions. Only public channels are read: the server is asked what sort each one is, and direct, group and private ones are refused.
//
// Options: server, team (its name in addresses), channels (IDs), own (user IDs). Key: access_token of a bot account or a personal one. The form of errors is
// (unverified); limits of rate are off unless the server's administrator sets them.
package mattermost
