package hook

import (
	"github.com/prometheus/client_golang/prometheus"

	"earshot/sources"
)

// What became of a delivery: the closed set of earshot_hooks_deliveries_total.
const (
	outStored     = "stored"     // what it held of the council's is on the log
	outEmpty      = "empty"      // a handshake, or nothing that is a mention
	outRepeated   = "repeated"   // delivered before
	outForged     = "forged"     // not the platform's
	outStale      = "stale"      // signed too long ago, or by a clock that is ahead
	outUnreadable = "unreadable" // the platform's, but not understood
	outTooLarge   = "too_large"
	outBroken     = "broken"  // it did not arrive whole
	outNotNow     = "not_now" // the platform was told to send it again
	outUnknown    = "unknown" // no such source
	outRefused    = "refused" // neither GET nor POST
)

var outcomes = []string{outStored, outEmpty, outRepeated, outForged, outStale, outUnreadable, outTooLarge, outBroken, outNotNow}

// Metrics counts deliveries. Methods on nil do nothing.
type Metrics struct{ deliveries *prometheus.CounterVec } // by kind, outcome

// NewMetrics registers the collectors; the kinds of sources that take deliveries are those of the registry that have Push.
func NewMetrics(r prometheus.Registerer, kinds sources.Registry) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_hooks_deliveries_total",
		Help: "Deliveries to /hooks/, by the kind of source, empty where there is none, and what became of them."}, []string{"kind", "outcome"})}
	r.MustRegister(m.deliveries)
	for name, kind := range kinds {
		if kind.Push == nil {
			continue
		}
		for _, o := range outcomes {
			m.deliveries.WithLabelValues(name, o)
		}
	}
	m.deliveries.WithLabelValues("", outUnknown)
	m.deliveries.WithLabelValues("", outRefused)
	return m
}

func (m *Metrics) answered(kind, outcome string) {
	if m != nil {
		m.deliveries.WithLabelValues(kind, outcome).Inc()
	}
}
