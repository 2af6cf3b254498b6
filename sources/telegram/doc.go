// Package telegram reads groups and channels of which the council's bot is a member, through the Bot API: getUpdates by long poll, or the
// webhook instead of it (Telegram allows one of the two).
//
// The cursor is update_id + 1 of what is stored; asking with it tells Telegram to forget what came before, so it is passed only then. Telegram keeps
// updates for 24 hours and gives nothing from before the bot came. Edits come by stream; of deletions the Bot API tells nothing, so
// that what was deleted can be erased by hand alone. Private chats are never mentions. Pictures and files are left out, since their addresses
// hold the bot's key. IDs are "telegram:CHAT/MESSAGE".
//
// Options: mode (poll, webhook), chats (@names or IDs; without them nothing is read, and the
// bot says which it sees), own (@names or IDs). Keys: token, and
// secret_token for the webhook. In the mode "webhook" Telegram is asked now and then whether it still delivers. How often getUpdates may be asked and
// how the bot's terms are worded is (unverified).
package telegram
