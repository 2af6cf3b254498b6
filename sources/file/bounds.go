package file

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"strings"
)

// Bounds of what a workbook unpacks to. It names a text that stands in many cells by number, so that a few kilobytes can unpack to more than any
// machine holds.
const (
	maxUnpackedBytes = 1 << 30   // of all parts; sheets and texts above 16 MiB are unpacked to disk
	maxOtherBytes    = 64 << 20  // of the parts that are neither, all of which are unpacked into memory
	maxRowBytes      = 256 << 20 // of one row, if each of its cells holds the longest text
)

var errTooMuch = errors.New("the spreadsheet unpacks to more than can be read; save it as CSV and import that")

// bounded judges a workbook before it is unpacked.
func bounded(book []byte) error {
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return errNotSheet
	}
	var all, others uint64
	var longest, widest int
	for _, part := range z.File {
		if part.UncompressedSize64 > maxUnpackedBytes {
			return errTooMuch
		}
		all += part.UncompressedSize64
		switch name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/")); {
		case name == "xl/sharedstrings.xml":
			longest = max(longest, heaviest(part, "si", func(t xml.Token) int {
				text, _ := t.(xml.CharData)
				return len(text)
			}))
		case strings.HasPrefix(name, "xl/worksheets/sheet"):
			widest = max(widest, heaviest(part, "row", func(t xml.Token) int {
				if cell, ok := t.(xml.StartElement); ok && cell.Name.Local == "c" {
					return 1
				}
				return 0
			}))
		default:
			others += part.UncompressedSize64
		}
		if all > maxUnpackedBytes || others > maxOtherBytes || longest > 0 && widest > maxRowBytes/longest {
			return errTooMuch
		}
	}
	return nil
}

// heaviest is the weight of the heaviest element of a name. What is no XML weighs as much as stands before the fault, behind which nobody reads.
func heaviest(part *zip.File, name string, weigh func(xml.Token) int) (most int) {
	r, err := part.Open()
	if err != nil {
		return 0
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	for n := 0; ; most = max(most, n) {
		t, err := d.RawToken()
		if err != nil {
			return most
		}
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == name {
			n = 0
		}
		n += weigh(t)
	}
}
