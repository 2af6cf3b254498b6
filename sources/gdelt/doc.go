// Package gdelt finds news articles by the words in them (GDELT DOC 2.0, mode artlist): headline, address, outlet, language, and when GDELT saw it.
//
// A sweep asks for what was seen since the watermark less six hours, newest first; where the 250 that one answer holds are not enough it goes on
// from the oldest of them. The cursor is a watermark on seendate, which is rounded to 15 minutes and is no date of publication. IDs are "gdelt:" and
// a hash of the address without tracking, fragment and AMP; a copy of the same headline on the same site on the same day is passed over.
//
// GDELT wants five seconds between two requests, of the whole process; six are kept. It names no time to wait: a minute, doubled up to half an
// hour. A query it does not like is answered with 200 and a sentence. Titles may hold control characters that JSON forbids (unverified); these
// become spaces. The article itself is never fetched for its text; once a month its address is asked for, and 404 or 410 is a deletion. An article
// matched by its body is a mention whatever its headline says.
//
// Options: query, country. To be shown with a link to the article and a word that GDELT found it (https://www.gdeltproject.org/).
package gdelt
