// Package wechat reads the comments on the council's own WeChat Official Account articles (POST /cgi-bin/comment/list, which is a read). Nothing else of WeChat can be
// read: there is no search, Moments and groups are private, and messages to the account are correspondence.
//
// An article is known by the msg_data_id that whoever sent it was told, and its index in that message, so the option articles names each. A sweep reads every
// page of every article, since there is no since parameter and no stated order; the cursor is a watermark on create_time. IDs are "wechat:", msg_data_id,
// index and user_comment_id with colons between, the last being unique only within an article. An author is a pseudonym that this account alone sees.
//
// The access token is exchanged for app id and secret and travels in the query, where no error or log repeats it. A new one ends the old, after some five
// minutes (unverified), so that no other program may exchange for the same account; that the calling address must be on the account's allow list is (unverified).
// Errors come with HTTP 200 and errcode: 88000 no comment privilege; 40001 and 42001 the token, which is renewed once; 45009 the day's quota, until midnight
// in China; -1 busy (all but 88000 (unverified)).
//
// A comment that a whole listing no longer has was deleted or hidden. The account's own reply is no mention, but part of a thread.
package wechat
