// Package podcast reads the feed of a podcast: titles and notes of its episodes, and, where the publisher offers a transcript, the words around each
// place where a watch term is spoken, with its time. Audio is never fetched.
//
// Fetching, cursor, edits, rhythm and pushes are package feed's; a feed may be 25 MiB, since hundreds of episodes are common. A transcript
// (podcast:transcript; WebVTT, SubRip, JSON, HTML or plain text, in this order of preference, told by what it holds) is asked for when an
// episode of the last 30 days is new or changed, up to 5 MiB; where it cannot be had three times, the episode comes without it. A new transcript
// of an old episode is a change. The passage is the cue with the term and two before and after it. Both namespaces of podcast: are
// accepted, whatever their prefix. podcast:block of yes stops the source. Addresses with #t= are not made: few pages understand them.
//
// IDs are "podcast:" with a short hash of the feed's address and the episode's guid. The thread is the channel's podcast:guid. Deletions are not told.
//
// Options: url, callback. Feeds can be found by hand in Apple's directory; the names of the fields of its answer are (unverified) and not used.
package podcast
