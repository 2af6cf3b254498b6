// Package mailbox reads the mailbox to which platforms send the council their notification mails: the lawful way in where a platform has no
// API, such as Facebook groups, Nextdoor and Quora. Each mail becomes a mention with its link; what no template knows is kept as text; private
// messages are dropped.
//
// IMAP4rev1 or rev2 over TLS, with a password or OAuth (XOAUTH2). One connection, opened read-only, waits with IDLE where the server has it and asks
// every five minutes where not. The cursor is UIDVALIDITY with the last UID; when the server renumbers, the mailbox is read again and the IDs, made of
// Message-ID, keep everything single. With the option after=delete a mail is deleted once its mention is in the log.
//
// A mail counts only when the council's own mail server found it genuine: the first Authentication-Results header that bears its name must say dmarc=pass,
// or dkim=pass for the sender's own domain (RFC 8601). Everything else is left alone and counted, because anybody can write From: Facebook.
//
// Platforms change their mails without notice and document none of them: every template here is (unverified) and has a version and a sample.
package mailbox
