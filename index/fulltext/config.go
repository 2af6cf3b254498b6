package fulltext

import (
	"log/slog"
	"time"
)

// Config says how an Index is kept. The zero value is usable.
type Config struct {
	Log     *slog.Logger   // nil: nothing is logged
	Metrics *Metrics       // nil: nothing is counted
	Zone    *time.Location // of the day facet: the council's; nil: Europe/London
}
