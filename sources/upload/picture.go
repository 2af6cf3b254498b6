package upload

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats people may hand in
	_ "image/png"
	"io"

	_ "golang.org/x/image/webp"
)

// The formats that are taken, as image.DecodeConfig names them.
const (
	formatPNG  = "png"
	formatJPEG = "jpeg"
	formatWebP = "webp"
)

// sniffBytes is as much of a file as its kind can be told from.
const sniffBytes = 64

// sniff names what the first bytes of a file are, whatever its name says.
func sniff(head []byte) string {
	has := func(at int, magic string) bool {
		return len(head) >= at+len(magic) && string(head[at:at+len(magic)]) == magic
	}
	switch {
	case has(0, "\x89PNG\r\n\x1a\n"):
		return formatPNG
	case has(0, "\xff\xd8\xff"):
		return formatJPEG
	case has(0, "RIFF") && has(8, "WEBP"):
		return formatWebP
	case has(4, "ftyp"):
		return isoBrand(head)
	case has(0, "PK\x03\x04"), has(0, "PK\x05\x06"):
		return "zip"
	case has(0, "GIF8"):
		return "gif"
	case has(0, "%PDF"):
		return "pdf"
	case has(0, "BM"), has(0, "II*\x00"), has(0, "MM\x00*"):
		return "bitmap"
	case bytes.HasPrefix(bytes.TrimLeft(head, "\ufeff \t\r\n"), []byte("<")):
		return "markup"
	}
	return ""
}

func isoBrand(head []byte) string {
	if len(head) < 12 {
		return ""
	}
	switch string(head[8:12]) {
	case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
		return "heic"
	case "avif", "avis":
		return "avif"
	}
	return "video"
}

// refusals of what is no picture we take, by what it is. %s is the file's name.
var notTaken = map[string]string{
	"heic": "%s is in Apple's HEIC format, which cannot be shown everywhere. Take a screenshot of it and send that, or set the phone to Settings, " +
		"Camera, Formats, Most Compatible, and choose the picture again.",
	"avif":   "%s is in the AVIF format. Take a screenshot of it and send that.",
	"zip":    "%s is a ZIP archive, whatever its name says. Unpack it and send the pictures themselves.",
	"gif":    "%s is a GIF. Take a screenshot of it and send that.",
	"pdf":    "%s is a PDF. Take a screenshot of the page that matters and send that.",
	"bitmap": "%s is a bitmap or TIFF. Save it as PNG or JPEG and send that.",
	"markup": "%s is a web page or drawing. Take a screenshot of it and send that.",
	"video":  "%s is a video. Take screenshots of what matters in it and send those.",
	"":       "%s is not a picture. Send PNG, JPEG or WebP files, such as screenshots.",
}

// examine reads a picture's head, without decoding it, and refuses what is none, is damaged at its head, or is too large when decoded.
func examine(name string, r io.ReadSeeker) (format string, err error) {
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(r, head)
	if n == 0 {
		return "", refuse(Damaged, "files", "%s is empty. Choose it again.", name)
	}
	if err != nil && err != io.ErrUnexpectedEOF {
		return "", fmt.Errorf("read upload: %w", err)
	}
	format = sniff(head[:n])
	if format != formatPNG && format != formatJPEG && format != formatWebP {
		reason := NoImage
		if format == "heic" {
			reason = HEIC
		}
		return "", refuse(reason, "files", notTaken[format], name)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("read upload: %w", err)
	}
	c, decoded, err := image.DecodeConfig(r)
	if err != nil || decoded != format {
		return "", refuse(Damaged, "files", "%s is damaged or of a kind that cannot be read. Take a screenshot of it and send that.", name)
	}
	if most := maxPixels(c.ColorModel); int64(c.Width)*int64(c.Height) > most {
		return "", refuse(TooWide, "files", "%s has %d million pixels; at most %d million can be taken. Send a screenshot or a smaller copy.",
			name, (int64(c.Width)*int64(c.Height)+999_999)/1_000_000, most/1_000_000)
	}
	if c.Width == 0 || c.Height == 0 {
		return "", refuse(Damaged, "files", "%s has no pixels. Choose another picture.", name)
	}
	return format, nil
}

// maxPixels halves the limit for pictures that take twice the memory.
func maxPixels(m color.Model) int64 {
	switch m {
	case color.RGBA64Model, color.NRGBA64Model:
		return MaxPixels / 2
	}
	return MaxPixels
}
