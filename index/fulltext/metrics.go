package fulltext

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the figures of one Index. Methods on a nil *Metrics do nothing.
type Metrics struct {
	mentionsNow prometheus.Gauge
	changes     prometheus.Counter
	apply       prometheus.Histogram
	checkpoint  prometheus.Histogram
	search      prometheus.Histogram
	searches    *prometheus.CounterVec
	failures    prometheus.Counter
}

// NewMetrics registers the figures of an Index.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	seconds := prometheus.ExponentialBuckets(0.0005, 2, 16)
	m := &Metrics{
		mentionsNow: prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_index_mentions", Help: "Mentions that can be found."}),
		changes:     prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_index_changes_total", Help: "Mentions and events applied."}),
		apply: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_index_apply_seconds", Buckets: seconds,
			Help: "Time to make one batch of changes findable."}),
		checkpoint: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_index_checkpoint_seconds", Buckets: seconds,
			Help: "Time until everything applied was on disk."}),
		search: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "earshot_index_search_seconds", Buckets: seconds, Help: "Time of one search."}),
		searches: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_index_searches_total", Help: "Searches by how they ended."},
			[]string{"result"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_index_background_failures_total",
			Help: "Failed writes of segments in the background."}),
	}
	for _, r := range []string{"found", "nothing", "error"} {
		m.searches.WithLabelValues(r)
	}
	reg.MustRegister(m.mentionsNow, m.changes, m.apply, m.checkpoint, m.search, m.searches, m.failures)
	return m
}

func (m *Metrics) mentions(n int) {
	if m != nil {
		m.mentionsNow.Set(float64(n))
	}
}

func (m *Metrics) applied(n int, took time.Duration) {
	if m != nil {
		m.changes.Add(float64(n))
		m.apply.Observe(took.Seconds())
	}
}

func (m *Metrics) checkpointed(took time.Duration) {
	if m != nil {
		m.checkpoint.Observe(took.Seconds())
	}
}

func (m *Metrics) failed() {
	if m != nil {
		m.failures.Inc()
	}
}

func (m *Metrics) searched(total int, err error, took time.Duration) {
	if m == nil {
		return
	}
	m.search.Observe(took.Seconds())
	switch {
	case err != nil:
		m.searches.WithLabelValues("error").Inc()
	case total == 0:
		m.searches.WithLabelValues("nothing").Inc()
	default:
		m.searches.WithLabelValues("found").Inc()
	}
}
