// Package escalatetest holds the suite that every escalate.Notifier passes, the servers it runs on (an in-process SMTP server that can be told
// to fail at each step, and Debian's OpenSMTPD where it is installed), and stand-ins in memory for the casework log and a mailbox.
package escalatetest
