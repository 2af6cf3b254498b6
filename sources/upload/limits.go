package upload

// Limits of one report, stated on the page before anybody chooses a file.
const (
	MaxFiles        = 20
	MaxFileBytes    = 15 << 20
	MaxPixels       = 40_000_000 // of one picture; half of it with 16 bits a channel
	MaxNoteBytes    = 20_000
	MaxURLBytes     = 2_000
	MaxContactBytes = 320
	MaxKeyBytes     = 200
)
