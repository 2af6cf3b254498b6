// Package file reads mentions from a file: JSON lines, CSV or an Excel workbook, plain or gzipped, in Earshot's own form or, with a map of fields, in
// somebody else's.
//
// It streams: memory is bounded by the longest line allowed (1 MiB). A bad line is reported with its number and passed over. A line without
// an ID gets one made of its content, so that importing a file twice adds nothing.
package file
