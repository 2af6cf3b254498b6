package bluesky

import "unsafe"

// view is b as a string without a copy: for comparisons only, while b stands.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
