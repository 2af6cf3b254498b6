package upload

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// orientation reads how a JPEG must be turned to stand upright, 1 to 8 as EXIF counts; 1, which is "as it is", for every picture that
// does not say. Nothing else of the metadata is looked at.
func orientation(jpeg []byte) int {
	for b := jpeg[min(2, len(jpeg)):]; len(b) >= 4 && b[0] == 0xff && b[1] != 0xda; {
		size := int(binary.BigEndian.Uint16(b[2:]))
		if size < 2 || len(b) < 2+size {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(b[4:2+size], []byte("Exif\x00\x00")); ok && b[1] == 0xe1 {
			return tiffOrientation(tiff)
		}
		b = b[2+size:]
	}
	return 1
}

const orientationTag = 0x0112

func tiffOrientation(tiff []byte) int {
	var order binary.ByteOrder = binary.LittleEndian
	switch {
	case len(tiff) < 8:
		return 1
	case string(tiff[:2]) == "MM":
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == orientationTag {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turned is a picture seen as its orientation says.
type turned struct {
	image.Image
	o    int
	w, h int // of the picture underneath
}

func turn(img image.Image, o int) image.Image {
	if o == 1 {
		return img
	}
	b := img.Bounds()
	return turned{img, o, b.Dx(), b.Dy()}
}

func (t turned) Bounds() image.Rectangle {
	if t.o >= 5 {
		return image.Rect(0, 0, t.h, t.w)
	}
	return image.Rect(0, 0, t.w, t.h)
}

func (t turned) At(x, y int) color.Color {
	switch t.o {
	case 2:
		x = t.w - 1 - x
	case 3:
		x, y = t.w-1-x, t.h-1-y
	case 4:
		y = t.h - 1 - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, t.h-1-x
	case 7:
		x, y = t.w-1-y, t.h-1-x
	case 8:
		x, y = t.w-1-y, x
	}
	b := t.Image.Bounds().Min
	return t.Image.At(b.X+x, b.Y+y)
}
