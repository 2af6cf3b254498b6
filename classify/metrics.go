package classify

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what the classify stage does. In equals out plus failed. The zero of a pointer, nil, counts nothing.
type Metrics struct {
	in, out prometheus.Counter
	failed  *prometheus.CounterVec
	labels  *prometheus.CounterVec
	unsure  *prometheus.CounterVec
	risks   *prometheus.CounterVec
	seconds prometheus.Histogram
}

// Reasons for which a mention leaves the stage without a verdict.
const (
	failedPanic    = "panic"
	failedError    = "error"
	microsecond    = 1e-6
	secondsBuckets = 24
)

// NewMetrics registers the stage's collectors on reg; every label value is there from the start so that zero can be seen.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		in:     prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_classify_in_total", Help: "Mentions handed to the classifier."}),
		out:    prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_classify_out_total", Help: "Verdicts given."}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_classify_failed_total", Help: "Mentions that got no verdict, by reason."}, []string{"reason"}),
		labels: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_classify_labels_total", Help: "Labels given."}, []string{"label"}),
		unsure: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_classify_unsure_total", Help: "Labels the classifier was not sure about."}, []string{"label"}),
		risks:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_classify_risks_total", Help: "Risks found."}, []string{"risk"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "earshot_classify_batch_seconds", Help: "Time to judge one batch.",
			Buckets: prometheus.ExponentialBuckets(50*microsecond, 2, secondsBuckets),
		}),
	}
	for _, r := range []string{failedPanic, failedError} {
		m.failed.WithLabelValues(r)
	}
	for _, l := range Labels {
		m.labels.WithLabelValues(string(l))
		m.unsure.WithLabelValues(string(l))
	}
	for _, r := range Risks {
		m.risks.WithLabelValues(string(r))
	}
	reg.MustRegister(m.in, m.out, m.failed, m.labels, m.unsure, m.risks, m.seconds)
	return m
}

func (m *Metrics) batch(verdicts []Verdict, errs []error, took time.Duration) {
	if m == nil {
		return
	}
	m.seconds.Observe(took.Seconds())
	m.in.Add(float64(len(verdicts)))
	for i := range verdicts {
		switch {
		case errors.Is(errs[i], ErrPanicked):
			m.failed.WithLabelValues(failedPanic).Inc()
			continue
		case errs[i] != nil:
			m.failed.WithLabelValues(failedError).Inc()
			continue
		}
		m.out.Inc()
		for _, l := range verdicts[i].Labels {
			m.labels.WithLabelValues(string(l)).Inc()
		}
		for _, l := range verdicts[i].Unsure {
			m.unsure.WithLabelValues(string(l)).Inc()
		}
		for _, r := range verdicts[i].Risk {
			m.risks.WithLabelValues(string(r)).Inc()
		}
	}
}
