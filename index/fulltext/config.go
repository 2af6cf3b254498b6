package fulltext

import (
	"log/slog"
	"time"
)

// Config says how an Index is kept. The zero value is usable.
type Config struct {
	Log     *slog.Logger     // nil: nothing is logged
	Metrics *Metrics         // nil: nothing is counted
	Zone    *time.Location   // of the day facet: the council's; nil: Europe/London
	Now     func() time.Time // what is:overdue is measured against; nil: time.Now
}

func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
