package upload

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts reports and pictures. A nil *Metrics counts nothing.
type Metrics struct {
	reports *prometheus.CounterVec // outcome: accepted, repeated, refused, failed
	refused *prometheus.CounterVec // reason
	read    *prometheus.CounterVec // outcome: text, empty, failed
}

// NewMetrics registers the collectors on reg.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		reports: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_upload_reports_total",
			Help: "Reports handed in, by what became of them."}, []string{"outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_upload_refusals_total",
			Help: "Reasons given for refusing reports; one report may have several."}, []string{"reason"}),
		read: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_upload_pictures_read_total",
			Help: "Pictures whose text was to be read, by what was found."}, []string{"outcome"}),
	}
	for _, o := range []string{"accepted", "repeated", "refused", "failed"} {
		m.reports.WithLabelValues(o)
	}
	for _, r := range reasons {
		m.refused.WithLabelValues(string(r))
	}
	for _, o := range []string{"text", "empty", "failed"} {
		m.read.WithLabelValues(o)
	}
	reg.MustRegister(m.reports, m.refused, m.read)
	return m
}

func (m *Metrics) received(rec Receipt, err error) {
	if m == nil {
		return
	}
	refusals := Refusals(err)
	for _, r := range refusals {
		m.refused.WithLabelValues(string(r.Reason)).Inc()
	}
	outcome := "accepted"
	switch {
	case len(refusals) > 0:
		outcome = "refused"
	case err != nil:
		outcome = "failed"
	case rec.Repeated:
		outcome = "repeated"
	}
	m.reports.WithLabelValues(outcome).Inc()
}

func (m *Metrics) pictureRead(outcome string) {
	if m != nil {
		m.read.WithLabelValues(outcome).Inc()
	}
}
