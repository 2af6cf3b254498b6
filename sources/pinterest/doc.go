// Package pinterest reads Pinterest's search for partners (GET /v5/search/partner/pins), a restricted beta that gives the top Pins of a term without author
// or date. The council's own Pins are no mentions of it, and comments are counts only, so nothing else is read.
//
// The order is by relevance, so every sweep reads the whole list; the cursor remembers the newest 4,000 Pins that were seen, and the bookmark lives within one sweep.
// A Pin's time is when it was first seen (created_precision "indexed"). IDs are "pinterest:" and the Pin's.
//
// Pinterest tells of no deletion, and other people's Pins cannot be asked for by id. Its guidelines forbid keeping most of its data beyond use (wording (unverified)):
// as they name no number, the text goes after thirty days (Connector.Keep). That X-RateLimit-Reset is in seconds to go, that there are such headers at all, and the code 8 of a 429 are (unverified),
// and so are the sizes under media.images.
package pinterest
