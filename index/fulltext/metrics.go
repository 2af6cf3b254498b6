package fulltext

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the figures of one Index. Methods on a nil *Metrics do nothing.
type Metrics struct{}

// NewMetrics registers the figures of an Index.
func NewMetrics(reg prometheus.Registerer) *Metrics { return &Metrics{} }
