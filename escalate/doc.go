// Package escalate brings each mention to the person who must act: routes, incidents, clocks, mails and the acknowledge link.
//
// It owns the route table (settings in, decisions out), the office calendar, the Ledger of incidents (a fold of casework events,
// the same on every node), the Dispatcher (on exactly one node) that opens incidents and sends mail, the words of those mails and the
// signed tokens of their links. It refuses to know how a mail travels (a Notifier does), where events are kept (a Journal and a
// History do) and who is signed in.
//
// Deciding and acting are apart. Table.Decide is a function from a tagged mention to decisions; it sends and stores nothing. The
// Dispatcher alone groups, waits, holds back storms, sends and records.
//
// # Order of durable writes
//
//  1. A batch of verdicts is decided in memory; its escalated and joined events, with what a mail needs of the mention, are written to
//     state.db in one fsynced transaction, as pending.
//     What follows from a fast verdict and is about no risk is written there too, to wait for the considered verdict until ConsiderWithin is over; the
//     transaction that decides about it forgets it.
//  2. The pending events are appended to the Journal. Only then HandleTagged returns, so that the stage may commit its offset.
//  3. A mail is planned: its Message-ID follows from incident, recipient and step, that of a summary from what it covers. The plan is written
//     to state.db before each try, so that a summary says the same after a restart and a full disk sends nothing it could not mark. A
//     mail about a risk waits a minute for the disk and then leaves all the same.
//  4. The Notifier sends it. Accepted, a mark and the pending delivered event go into state.db in one fsynced transaction.
//  5. The delivered event is appended to the Journal in the background; mail never waits for the log or the record.
//
// A crash between any two steps repeats the later one: event IDs are derived, so a repeated event is the same event. Between 4's
// acceptance and its mark lies the one window that cannot be closed from here: the mail is sent again with the same Message-ID,
// by which mailboxes and the file spool recognise it.
//
// Beside incidents there are notices: of a source that is silent, stopped or refused. They are about no mention, so they live in one small
// NoticeBook on a compacted table instead, where every node reads them; a Noticer on the node that leads plans and sends their mails.
//
// # Memory
//
// Most incidents lie still for weeks. The Ledger keeps each as one packed string, and unpacks it to look at it or to fold an event into it; where
// it says of an incident that it is to be looked at until the next call, that call unpacks into the same place.
//
// # Locking
//
// Ledger has one mutex and never calls out while holding it. Dispatcher.HandleTagged and HandleEvents may be called from different
// goroutines; one mutex puts them in a row. Run owns the mail queues alone and is told of new work through a channel of length one.
package escalate
