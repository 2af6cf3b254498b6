package opinion

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what is asked and what comes of it. A nil pointer counts nothing.
type Metrics struct {
	calls, skipped, answers *prometheus.CounterVec
	cached                  prometheus.Counter
	seconds                 prometheus.Histogram
}

// Why a doubtful mention was not asked about.
const (
	skipBudget  = "budget"  // of the day is used up
	skipBackOff = "backoff" // after a failure
	skipLate    = "late"    // the other questions of this batch took too long
)

// What an answer says of one label.
const (
	agrees    = "agrees"
	disagrees = "disagrees"
)

// NewMetrics registers the collectors on reg, every label value from the start.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		calls:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_opinion_calls_total", Help: "Second opinions asked for, by result."}, []string{"result"}),
		skipped: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_opinion_skipped_total", Help: "Doubtful mentions not asked about, by reason."}, []string{"reason"}),
		answers: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_opinion_labels_total", Help: "Doubtful labels answered, by answer."}, []string{"answer"}),
		cached:  prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_opinion_cached_total", Help: "Second opinions taken from the cache."}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_opinion_seconds", Help: "Time of one call.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 10)}),
	}
	for _, r := range results {
		m.calls.WithLabelValues(r.name)
	}
	for _, r := range []string{skipBudget, skipBackOff, skipLate} {
		m.skipped.WithLabelValues(r)
	}
	for _, a := range []string{agrees, disagrees} {
		m.answers.WithLabelValues(a)
	}
	reg.MustRegister(m.calls, m.skipped, m.answers, m.cached, m.seconds)
	return m
}

func (m *Metrics) call(err error, took time.Duration) {
	if m == nil {
		return
	}
	m.seconds.Observe(took.Seconds())
	for _, r := range results {
		if errors.Is(err, r.err) {
			m.calls.WithLabelValues(r.name).Inc()
			return
		}
	}
}

func (m *Metrics) skip(reason string) {
	if m != nil {
		m.skipped.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) answer(what string) {
	if m != nil {
		m.answers.WithLabelValues(what).Inc()
	}
}

func (m *Metrics) hit() {
	if m != nil {
		m.cached.Inc()
	}
}
