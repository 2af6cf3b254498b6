package meta

import (
	"math"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
)

// Percent of the quota.
const (
	slowAt = 75
	stopAt = 95
)

// breather is how long nothing is asked when the platform does not say for how long: its windows roll.
const breather = 10 * time.Minute

type usage struct {
	Calls  float64 `json:"call_count"`
	Time   float64 `json:"total_time"`
	CPU    float64 `json:"total_cputime"`
	Regain float64 `json:"estimated_time_to_regain_access"` // minutes
}

func (u usage) percent() float64 { return max(u.Calls, u.Time, u.CPU) }

// usages reads every usage header there is: the worst of them counts. A header that cannot be read says nothing.
func usages(h http.Header) (worst usage) {
	var all []usage
	for _, name := range []string{"X-App-Usage", "X-Page-Usage"} {
		var u usage
		if v := h.Get(name); v != "" && json.Unmarshal([]byte(v), &u) == nil {
			all = append(all, u)
		}
	}
	var byBusiness map[string][]usage
	if v := h.Get("X-Business-Use-Case-Usage"); v != "" && json.Unmarshal([]byte(v), &byBusiness) == nil {
		for _, us := range byBusiness {
			all = append(all, us...)
		}
	}
	for _, u := range all {
		worst.Calls, worst.Regain = max(worst.Calls, u.percent()), max(worst.Regain, u.Regain)
	}
	return worst
}

// signal is the sources.Signal of the Graph API.
func (c *Client) signal(_ int, h http.Header, now time.Time) time.Time {
	u := usages(h)
	c.used.Store(int64(math.Min(u.percent(), stopAt)))
	switch {
	case u.Regain > 0:
		return now.Add(time.Duration(math.Min(u.Regain, 24*60) * float64(time.Minute)))
	case u.percent() >= stopAt:
		return now.Add(breather)
	}
	return time.Time{}
}
