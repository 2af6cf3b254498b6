// Package sources holds what a platform published about the council: the Mention, and how one is read from outside.
//
// It owns the shape of a mention, its limits, its normal form (NFC, HTML to text, links kept, language found), the watch
// terms that decide what is a mention of this council (Intake), the Supervisor that runs a Source and fetches what stands around its mentions,
// and the Sweep that asks again about what was taken in. It knows nothing of verdicts, cases or mails. One subpackage per platform reads it; topic carries mentions to the next stage.
//
// Order of durable writes: a Source hands over a batch and a Cursor; the batch is acknowledged by the log first, then the
// cursor is saved. A crash between the two repeats the batch, which costs nothing because a mention's ID comes from its platform.
package sources
