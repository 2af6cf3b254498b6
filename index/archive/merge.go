package archive

// Gone says why a mention's text is no longer kept. Empty: it is.
type Gone string

// The ways in which text goes.
const (
	Here    Gone = ""
	Deleted Gone = "deleted" // the platform took it away
	Aged    Gone = "expired" // kept long enough
)
