package app

import "github.com/prometheus/client_golang/prometheus"

// The outcomes of a considered reading: the closed set of earshot_classify_considered_total.
const (
	readAtOnce    = "at_once"   // the first verdict was the considered one
	readConfirmed = "confirmed" // it says what the fast one said
	readChanged   = "changed"
	readSkipped   = "skipped" // edited, taken away or considered meanwhile
	readFailed    = "failed"  // the fast verdict stands
)

// readingMetrics count considered readings. Every fast verdict that the consider stage reads ends as one of the outcomes but at_once.
type readingMetrics struct {
	encoder  prometheus.Gauge
	readings *prometheus.CounterVec
}

func newReadingMetrics(reg prometheus.Registerer) *readingMetrics {
	m := &readingMetrics{
		encoder: prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_classify_encoder", Help: "Whether considered verdicts are on: 1 or 0."}),
		readings: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_classify_considered_total",
			Help: "Considered readings, by what they brought."}, []string{"outcome"}),
	}
	for _, o := range []string{readAtOnce, readConfirmed, readChanged, readSkipped, readFailed} {
		m.readings.WithLabelValues(o)
	}
	reg.MustRegister(m.encoder, m.readings)
	return m
}

func (m *readingMetrics) on(on bool) {
	m.encoder.Set(0)
	if on {
		m.encoder.Set(1)
	}
}

func (m *readingMetrics) read(outcome string, n int) {
	m.readings.WithLabelValues(outcome).Add(float64(n))
}
