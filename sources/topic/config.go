package topic

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Config says which log to speak to.
type Config struct {
	Brokers    []string      // host:port; at least one
	Prefix     string        // before every topic and group name, so that several councils share a cluster; may be empty
	ClientID   string        // shown in the brokers' logs; empty: earshot
	Partitions int           // of the topics that carry mentions; zero: DefaultPartitions
	Retention  time.Duration // of records; zero: DefaultRetention, at most MaxRetention
	Log        *slog.Logger  // nil: nothing is logged
	Metrics    *Metrics      // nil: nothing is counted
}

// prefixForm leaves room for the longest topic name within Kafka's 249 letters.
var prefixForm = regexp.MustCompile(`^[a-zA-Z0-9._-]{0,200}$`)

// Validate reports every fault.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("no broker is named; write host:port, several with commas"))
	}
	if !prefixForm.MatchString(c.Prefix) {
		errs = append(errs, fmt.Errorf("the topic prefix %q is not allowed; use up to 200 letters a-z, A-Z, digits, dots, dashes and underscores", c.Prefix))
	}
	if _, err := Specs(c.Partitions, c.Retention); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
