package archive

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what goes into the record. In equals the sum over the outcomes. Methods on nil do nothing.
type Metrics struct {
	mentions *prometheus.CounterVec
	events   prometheus.Counter
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	removed  *prometheus.CounterVec
}

// NewMetrics registers the collectors on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		mentions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_archive_mentions_total",
			Help: "Mentions handed to the record, by what became of them."}, []string{"outcome"}),
		events: prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_archive_events_total",
			Help: "Casework events recorded for the first time."}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_archive_failures_total",
			Help: "Writes that failed and will be repeated."}, []string{"write"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "earshot_archive_write_seconds",
			Help: "Time from call to disk, per batch.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, []string{"write"}),
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_archive_removed_total",
			Help: "Mentions whose text was removed from the record."}, []string{"why"}),
	}
	for _, o := range []string{"new", "edited", "deleted", "judged", "repeated", "refused"} {
		m.mentions.WithLabelValues(o)
	}
	for _, w := range []string{"mentions", "events", "settings"} {
		m.failures.WithLabelValues(w)
		m.seconds.WithLabelValues(w)
	}
	m.removed.WithLabelValues("erased")
	m.removed.WithLabelValues("expired")
	reg.MustRegister(m.mentions, m.events, m.failures, m.seconds, m.removed)
	return m
}

// Mentions counts one PutTagged.
func (m *Metrics) Mentions(r Result, began time.Time, err error) {
	if m == nil || m.wrote("mentions", began, err) {
		return
	}
	for o, n := range map[string]int{"new": r.New, "edited": r.Edited, "deleted": r.Deleted, "judged": r.Judged, "repeated": r.Repeated, "refused": r.Refused} {
		m.mentions.WithLabelValues(o).Add(float64(n))
	}
}

// Events counts one PutEvents.
func (m *Metrics) Events(added int, began time.Time, err error) {
	if m == nil || m.wrote("events", began, err) {
		return
	}
	m.events.Add(float64(added))
}

// Settings counts one PutSettings.
func (m *Metrics) Settings(began time.Time, err error) {
	if m != nil {
		m.wrote("settings", began, err)
	}
}

// Removed counts mentions whose text went; why is erased or expired.
func (m *Metrics) Removed(why string, n int) {
	if m != nil {
		m.removed.WithLabelValues(why).Add(float64(n))
	}
}

func (m *Metrics) wrote(what string, began time.Time, err error) (failed bool) {
	if err != nil {
		m.failures.WithLabelValues(what).Inc()
		return true
	}
	m.seconds.WithLabelValues(what).Observe(time.Since(began).Seconds())
	return false
}
