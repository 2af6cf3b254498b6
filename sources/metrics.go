package sources

import "github.com/prometheus/client_golang/prometheus"

// Reasons why an item that a source read was not handed on.
const (
	dropNoTerm = "no_term" // matched no watch term
	dropBad    = "bad"     // no mention: Validate refused it
)

// What became of a thread that was to be fetched.
const (
	aroundFetched = "fetched"
	aroundFailed  = "failed"
	aroundDropped = "dropped"
)

// Metrics counts what the supervisors do: read = accepted + dropped. Methods on nil do nothing.
type Metrics struct {
	read, accepted *prometheus.CounterVec // by kind
	dropped        *prometheus.CounterVec // by kind, reason
	failures       *prometheus.CounterVec // by kind
	waits          *prometheus.CounterVec // by kind
	states         *prometheus.GaugeVec   // by state
	rechecked      *prometheus.CounterVec // by kind
	changes        *prometheus.CounterVec // by kind, what
	threads        *prometheus.CounterVec // by kind, outcome
}

// NewMetrics registers the collectors. Kinds is the closed set of connectors, so that zero is visible from the start.
func NewMetrics(r prometheus.Registerer, kinds ...string) *Metrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	m := &Metrics{
		read:      vec("earshot_ingest_read_total", "Items read from platforms.", "kind"),
		accepted:  vec("earshot_ingest_accepted_total", "Mentions that the log acknowledged.", "kind"),
		dropped:   vec("earshot_ingest_dropped_total", "Items that were not handed on, by reason.", "kind", "reason"),
		failures:  vec("earshot_ingest_failures_total", "Failed reads of platforms.", "kind"),
		waits:     vec("earshot_ingest_waits_total", "Waits that a platform asked for.", "kind"),
		rechecked: vec("earshot_sweep_asked_total", "Mentions of the record about which their platform was asked again.", "kind"),
		changes:   vec("earshot_sweep_changed_total", "What asking again brought: deletions and edits.", "kind", "what"),
		threads:   vec("earshot_ingest_threads_total", "Threads around mentions: fetched, failed, or dropped because too many waited.", "kind", "outcome"),
		states: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "earshot_ingest_sources",
			Help: "Sources by state."}, []string{"state"}),
	}
	r.MustRegister(m.states)
	for _, k := range kinds {
		for _, v := range []*prometheus.CounterVec{m.read, m.accepted, m.failures, m.waits, m.rechecked} {
			v.WithLabelValues(k)
		}
		m.dropped.WithLabelValues(k, dropNoTerm)
		m.dropped.WithLabelValues(k, dropBad)
		m.changes.WithLabelValues(k, string(Deleted))
		m.changes.WithLabelValues(k, string(Edited))
		for _, o := range []string{aroundFetched, aroundFailed, aroundDropped} {
			m.threads.WithLabelValues(k, o)
		}
	}
	for _, s := range States {
		m.states.WithLabelValues(s)
	}
	return m
}

// batch counts one batch that the log has, and what became of it.
func (m *Metrics) batch(kind string, t Taken) {
	if m == nil {
		return
	}
	accepted := int64(len(t.Accepted))
	m.read.WithLabelValues(kind).Add(float64(accepted + t.NoTerm + t.Bad))
	m.accepted.WithLabelValues(kind).Add(float64(accepted))
	m.dropped.WithLabelValues(kind, dropNoTerm).Add(float64(t.NoTerm))
	m.dropped.WithLabelValues(kind, dropBad).Add(float64(t.Bad))
}

// swept counts one question about n mentions and what it brought.
func (m *Metrics) swept(kind string, n int, news []Mention) {
	if m == nil {
		return
	}
	m.rechecked.WithLabelValues(kind).Add(float64(n))
	for i := range news {
		what := Edited
		if news[i].State == Deleted {
			what = Deleted
		}
		m.changes.WithLabelValues(kind, string(what)).Inc()
	}
}

func (m *Metrics) around(kind, outcome string) {
	if m != nil {
		m.threads.WithLabelValues(kind, outcome).Inc()
	}
}

func (m *Metrics) failed(kind string) {
	if m != nil {
		m.failures.WithLabelValues(kind).Inc()
	}
}

func (m *Metrics) waited(kind string) {
	if m != nil {
		m.waits.WithLabelValues(kind).Inc()
	}
}

func (m *Metrics) moved(from, to string) {
	if m == nil || from == to {
		return
	}
	if from != "" {
		m.states.WithLabelValues(from).Dec()
	}
	if to != "" {
		m.states.WithLabelValues(to).Inc()
	}
}
