// Package upload takes what people hand in: screenshots and a few words become a mention of kind report, with the pictures kept as evidence.
//
// It owns the blob store, the limits of an upload, what counts as a picture, the copy of a picture that may be shown, and the reading of
// a picture's text. It knows nothing of who may see a report: that is casework's Viewer.
//
// Originals are kept under the SHA-256 of their bytes and never changed. What people see is a copy, decoded and encoded again, so that it
// holds pixels and nothing else: no place, no camera, no second file behind the first.
//
// Order of durable writes of a report: a mark for each picture that this report uses it, the pictures, the receipt, the mark that its
// pictures wait to be read, then the log. Receive returns after the log has acknowledged. The same report handed in again with its key
// takes the same reference and is completed, wherever a crash cut the first try off. Reading runs afterwards, from the marks, so that a
// crash repeats it; its mentions have IDs of their own (report:REF/1, /2, ...) and repeat without harm.
//
// Locking: a Store is safe for concurrent use. Erase excludes Receive, because both look at which reports use a picture; with several
// nodes on one bucket an erasure and an upload of the same picture in the same instant may lose the picture, never the report.
package upload
