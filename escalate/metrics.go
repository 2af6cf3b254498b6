package escalate

import (
	"earshot/casework"

	"github.com/prometheus/client_golang/prometheus"
)

// Why a verdict led to no escalation: the closed set of earshot_escalate_dropped_total.
const (
	dropNothing   = "no_route"  // nothing in it asks for anybody
	dropKnown     = "known"     // told before; also every redelivery
	dropOverruled = "overruled" // a person decided after the verdict was made
	dropDeleted   = "deleted"   // the platform no longer shows it
	dropContext   = "context"   // fetched only because it stands around another mention, and no risk
	dropHeld      = "held"      // waits for the considered verdict; handed in again when it has waited long enough
)

// Metrics are the collectors earshot_escalate_*. tagged = mentions escalated + dropped. Methods on nil do nothing.
type Metrics struct {
	taggedTotal    prometheus.Counter
	escalatedTotal prometheus.Counter
	droppedTotal   *prometheus.CounterVec
	incidentsTotal *prometheus.CounterVec
	decisionsTotal *prometheus.CounterVec
	mailsTotal     *prometheus.CounterVec
	failuresTotal  prometheus.Counter
	pendingEvents  prometheus.Gauge
	queuedMails    prometheus.Gauge
	armedTimers    prometheus.Gauge
	heldMentions   prometheus.Gauge
}

// NewMetrics registers the collectors on r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "earshot_escalate_" + name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "earshot_escalate_" + name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "earshot_escalate_" + name, Help: help})
	}
	m := &Metrics{
		taggedTotal:    counter("tagged_total", "Verdicts handed in; equals escalated_total plus dropped_total."),
		escalatedTotal: counter("escalated_total", "Verdicts that sent a mention to somebody new."),
		droppedTotal:   vec("dropped_total", "Verdicts that sent a mention to nobody new, by reason.", "reason"),
		incidentsTotal: vec("incidents_total", "Mentions taken by incidents: opened or joined.", "audience", "how"),
		decisionsTotal: vec("decisions_total", "Reasons for which mentions were escalated.", "reason"),
		mailsTotal:     vec("mails_total", "Mails by outcome: accepted or refused for good; single or summary.", "kind", "outcome"),
		failuresTotal:  counter("mail_failures_total", "Tries at a mail that failed and are tried again."),
		pendingEvents:  gauge("pending_events", "Casework events kept in state.db that the log has not acknowledged (at most one batch is counted)."),
		queuedMails:    gauge("queued_incidents", "Incidents whose mail waits for its inbox."),
		armedTimers:    gauge("timers", "Incidents that wait for their next mail."),
		heldMentions:   gauge("held_mentions", "Mentions whose escalation waits for the considered verdict."),
	}
	for _, s := range []string{dropNothing, dropKnown, dropOverruled, dropDeleted, dropContext, dropHeld} {
		m.droppedTotal.WithLabelValues(s)
	}
	for _, a := range Audiences {
		m.incidentsTotal.WithLabelValues(a, "opened")
		m.incidentsTotal.WithLabelValues(a, "joined")
	}
	for _, x := range Reasons {
		m.decisionsTotal.WithLabelValues(string(x))
	}
	for _, kind := range []string{"single", "summary"} {
		m.mailsTotal.WithLabelValues(kind, "accepted")
		m.mailsTotal.WithLabelValues(kind, "refused")
	}
	r.MustRegister(m.taggedTotal, m.escalatedTotal, m.droppedTotal, m.incidentsTotal, m.decisionsTotal, m.mailsTotal, m.failuresTotal,
		m.pendingEvents, m.queuedMails, m.armedTimers, m.heldMentions)
	return m
}

func (m *Metrics) tagged() {
	if m != nil {
		m.taggedTotal.Inc()
	}
}

func (m *Metrics) holding(n int) {
	if m != nil {
		m.heldMentions.Set(float64(n))
	}
}

func (m *Metrics) escalated() {
	if m != nil {
		m.escalatedTotal.Inc()
	}
}

func (m *Metrics) dropped(reason string) {
	if m != nil {
		m.droppedTotal.WithLabelValues(reason).Inc()
	}
}

func (m *Metrics) decided(t casework.Type, audience string, reasons reasonSet) {
	if m == nil {
		return
	}
	how := "joined"
	if t == casework.Escalated {
		how = "opened"
	}
	m.incidentsTotal.WithLabelValues(audience, how).Inc()
	for _, r := range reasons.list() {
		m.decisionsTotal.WithLabelValues(string(r)).Inc()
	}
}

func (m *Metrics) mailed(x *mailing, refused bool) {
	if m == nil {
		return
	}
	kind, outcome := "single", "accepted"
	if x.summary() {
		kind = "summary"
	}
	if refused {
		outcome = "refused"
	}
	m.mailsTotal.WithLabelValues(kind, outcome).Inc()
}

func (m *Metrics) failed() {
	if m != nil {
		m.failuresTotal.Inc()
	}
}

func (m *Metrics) pending(n int) {
	if m != nil {
		m.pendingEvents.Set(float64(n))
	}
}

func (m *Metrics) queued(inQueues, timers int) {
	if m != nil {
		m.queuedMails.Set(float64(inQueues))
		m.armedTimers.Set(float64(timers))
	}
}
