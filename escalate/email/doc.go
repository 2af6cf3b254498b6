// Package email carries notifications as mail: by SMTP through any relay, or into files when no mail server is set.
//
// It owns the wire: MIME, TLS, login, and telling a server's "not now" from its "never". It knows nothing of incidents; what a mail says
// is escalate's. Both carriers are safe for concurrent use and keep no connection and no lock between mails.
package email
