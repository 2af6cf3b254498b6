package topic

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Stages lists who may set dead letters aside; anybody else is counted as other.
var Stages = []string{"ingest", "upload", GroupClassify, GroupArchive, GroupFulltext, GroupEscalate, stageOther}

const stageOther = "other"

// Metrics counts what goes over the log. Methods on nil do nothing.
type Metrics struct {
	out, in, bytesOut, bytesIn *prometheus.CounterVec // by topic
	retries, skipped           *prometheus.CounterVec // by topic
	lag                        *prometheus.GaugeVec   // by group and topic
	handle                     *prometheus.HistogramVec
	dead                       *prometheus.CounterVec // by stage and cause
	size, free                 prometheus.Gauge
	trimmed, held              *prometheus.CounterVec
}

// NewMetrics registers the log's collectors, each topic and cause at zero.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_topic_" + name, Help: help}, labels)
	}
	m := &Metrics{
		out:      counter("published_total", "Records acknowledged by the log.", "topic"),
		in:       counter("read_total", "Records read from the log, repeats included.", "topic"),
		bytesOut: counter("published_bytes_total", "Bytes of keys, values and headers acknowledged, before compression.", "topic"),
		bytesIn:  counter("read_bytes_total", "Bytes of keys, values and headers read, after decompression.", "topic"),
		retries:  counter("publish_retries_total", "Batches sent again after a failure.", "topic"),
		skipped:  counter("skipped_total", "Records that retention removed before a reader came to them.", "topic"),
		dead:     counter("dead_letters_total", "Records set aside.", "stage", "cause"),
		trimmed:  counter("trimmed_total", "Records the embedded broker removed after every stage had them.", "topic"),
		held:     counter("trim_held_total", "Times the embedded broker kept records past retention because a stage had not committed them.", "topic"),
		lag: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "earshot_topic_lag_records", Help: "Records a group has not committed, of the partitions this process reads."}, []string{"group", "topic"}),
		handle: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "earshot_topic_handle_seconds", Help: "Time a group's handler took for one batch.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}, []string{"group"}),
		size: prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_topic_embedded_bytes", Help: "Size of the embedded broker's log on disk."}),
		free: prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_topic_embedded_free_bytes", Help: "Free bytes on the embedded broker's disk."}),
	}
	reg.MustRegister(m.out, m.in, m.bytesOut, m.bytesIn, m.retries, m.skipped, m.dead, m.trimmed, m.held, m.lag, m.handle, m.size, m.free)
	for _, t := range known {
		for _, v := range []*prometheus.CounterVec{m.out, m.in, m.bytesOut, m.bytesIn, m.retries, m.skipped, m.trimmed, m.held} {
			v.WithLabelValues(t)
		}
	}
	for _, s := range Stages {
		for _, c := range Causes {
			m.dead.WithLabelValues(s, string(c))
		}
	}
	return m
}

func (m *Metrics) published(topic string, batch []*Record) {
	if m == nil {
		return
	}
	size := 0
	for _, r := range batch {
		size += r.size()
	}
	m.out.WithLabelValues(topic).Add(float64(len(batch)))
	m.bytesOut.WithLabelValues(topic).Add(float64(size))
}

func (m *Metrics) read(topic string, recs []Record) {
	if m == nil {
		return
	}
	size := 0
	for i := range recs {
		size += recs[i].size()
	}
	m.in.WithLabelValues(topic).Add(float64(len(recs)))
	m.bytesIn.WithLabelValues(topic).Add(float64(size))
}

func (m *Metrics) retried(topic string) {
	if m != nil {
		m.retries.WithLabelValues(topic).Inc()
	}
}

func (m *Metrics) skip(topic string, n int64) {
	if m != nil && n > 0 {
		m.skipped.WithLabelValues(topic).Add(float64(n))
	}
}

func (m *Metrics) lagged(group, topic string, n int64) {
	if m != nil {
		m.lag.WithLabelValues(group, topic).Set(float64(n))
	}
}

func (m *Metrics) handled(group string, d time.Duration) {
	if m != nil {
		m.handle.WithLabelValues(group).Observe(d.Seconds())
	}
}

func (m *Metrics) setAside(stage string, cause Cause) {
	if m == nil {
		return
	}
	for _, s := range Stages {
		if s == stage {
			m.dead.WithLabelValues(stage, string(cause)).Inc()
			return
		}
	}
	m.dead.WithLabelValues(stageOther, string(cause)).Inc()
}

func (m *Metrics) stored(size, free int64) {
	if m != nil {
		m.size.Set(float64(size))
		m.free.Set(float64(free))
	}
}

func (m *Metrics) trim(topic string, n int64) {
	if m != nil {
		m.trimmed.WithLabelValues(topic).Add(float64(n))
	}
}

func (m *Metrics) hold(topic string) {
	if m != nil {
		m.held.WithLabelValues(topic).Inc()
	}
}
