package web

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests. Methods on nil do nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	refused  *prometheus.CounterVec
	signIns  *prometheus.CounterVec
	acts     prometheus.Counter
	handedIn *prometheus.CounterVec
	reports  *prometheus.CounterVec
	streams  prometheus.Gauge
	lost     prometheus.Counter
}

// refusals is the closed set of reasons.
var refusals = []string{"not_found", "role", "cross_site", "form_token", "too_large", "bad_request", "bad_query", "bad_cursor", "bad_event",
	"bad_report", "bad_form", "bad_link", "busy", "sign_in_limit", "no_session", "old_session", "bad_token", "type"}

// NewMetrics registers the collectors on reg; nil gives nil.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	if reg == nil {
		return nil
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Metrics{
		requests: counter("earshot_web_requests_total", "Requests answered, by route and class of status.", "route", "class"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "earshot_web_request_seconds",
			Help: "Time to answer, by route; streams are not counted.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}, []string{"route"}),
		refused:  counter("earshot_web_refused_total", "Requests refused, by reason.", "reason"),
		signIns:  counter("earshot_web_sign_ins_total", "Sign-ins, by result.", "result"),
		acts:     prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_web_acts_total", Help: "Casework events people added."}),
		handedIn: counter("earshot_web_handed_in_total", "Mentions handed in over HTTP, by result.", "result"),
		reports:  counter("earshot_web_reports_total", "Staff reports, by result.", "result"),
		streams:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_web_streams", Help: "Open live streams."}),
		lost:     prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_web_stream_lost_total", Help: "Times a slow stream lost changes."}),
	}
	for _, r := range refusals {
		m.refused.WithLabelValues(r)
	}
	for _, r := range []string{"right", "wrong", "limited"} {
		m.signIns.WithLabelValues(r)
	}
	for _, r := range []string{"accepted", "rejected"} {
		m.handedIn.WithLabelValues(r)
		m.reports.WithLabelValues(r)
	}
	reg.MustRegister(m.requests, m.seconds, m.refused, m.signIns, m.acts, m.handedIn, m.reports, m.streams, m.lost)
	return m
}

func (m *Metrics) answered(route string, status int, took time.Duration, stream bool) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(route, strconv.Itoa(status/100)+"xx").Inc()
	if !stream {
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

func (m *Metrics) refusal(reason string) {
	if m != nil && reason != "" {
		m.refused.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) signIn(result string) {
	if m != nil {
		m.signIns.WithLabelValues(result).Inc()
	}
}

func (m *Metrics) acted(n int) {
	if m != nil {
		m.acts.Add(float64(n))
	}
}

func (m *Metrics) handIn(accepted, rejected int) {
	if m != nil {
		m.handedIn.WithLabelValues("accepted").Add(float64(accepted))
		m.handedIn.WithLabelValues("rejected").Add(float64(rejected))
	}
}

func (m *Metrics) report(ok bool) {
	switch {
	case m == nil:
	case ok:
		m.reports.WithLabelValues("accepted").Inc()
	default:
		m.reports.WithLabelValues("rejected").Inc()
	}
}

func (m *Metrics) stream(d float64) {
	if m != nil {
		m.streams.Add(d)
	}
}

func (m *Metrics) streamLost() {
	if m != nil {
		m.lost.Inc()
	}
}
