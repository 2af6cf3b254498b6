// Package hook takes what platforms push to /hooks/{source}.
//
// It owns the order of a delivery: the source must be in the settings, run and take pushes; its body is read raw, bounded, and shown to the
// source's Receiver, which knows the platform's signature; a delivery that is old or known is refused or passed over; what it holds goes through
// the same Intake as what is polled; and only when the log has acknowledged it the platform gets its 200. Until then it is told to try again,
// and what it does not repeat the next poll brings. Whoever sends what is not the platform's learns nothing: 401 without a word.
//
// Which deliveries were taken in is remembered in this process only, for two days and up to a bound. That refuses a flood of one recorded delivery
// cheaply; it need not be exact. A repetition that comes after a restart, or to another node, is stored once more on the log, where every reader
// drops a version of a mention that it knows: nothing is doubled for anybody. A recorded delivery cannot bring back what was deleted since, because
// the record refuses that too.
//
// Anybody may begin a delivery, so that none may last: a body has ten seconds, a source has sixteen places, and when all are taken a body that has been on
// its way for over a second makes place for the next one. What one source is sent takes no place of another's.
//
// Locking: one mutex over what is kept of each source, held only to find or make it; a Receiver and an Intake are safe for concurrent use.
package hook
