// Package flickr reads the public photos and videos on Flickr whose title, description or tags hold given words: flickr.photos.search, newest upload first.
//
// The cursor is a watermark on the time of upload. A search ends after 4,000 photos whatever its page numbers, so a sweep goes back by max_upload_date
// instead, the second of the page's last photo, which is met twice and passed over. IDs are "flickr:" and the photo's number. Where a photo was taken
// is not asked for.
//
// Comments cannot be searched; they are read as the thread of a photo (flickr.photos.comments.getList). Each day every photo is asked for again
// (flickr.photos.getInfo): one that is deleted or no longer public is deleted here within the 24 hours of the terms (wording (unverified)); an edit is
// told by nothing but its new words, since lastupdate moves with every comment. That getInfo gives the tags in the order of the search is (unverified).
//
// Key: in the query, as Flickr wants it. Some accounts must be Pro to get one (unverified). Failures come in a 200: 100 stops the source, 105 and 106
// are trouble that passes, 1 and 2 of getInfo mean that the photo is gone. Flickr says nothing of a quota; its guide is 3,600 requests an hour.
// Where mentions are shown, "This product uses the Flickr API but is not endorsed or certified by Flickr" belongs beside them (wording
// (unverified)). Numbers come as strings or as numbers, by version.
package flickr
