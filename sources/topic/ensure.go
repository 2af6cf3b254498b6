package topic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
)

// EnsureTopics creates the topics that are missing and compares the others with what they must be. Each mismatch is one sentence for
// the person who runs the brokers; it never changes a topic that exists. More partitions than asked for are welcome. Replication is
// three, or the number of brokers when there are fewer.
func (c *Client) EnsureTopics(ctx context.Context) (mismatches []string, err error) {
	return c.ensureTopics(ctx, false)
}

// ensureTopics knows whether the broker is our own, which takes fewer settings.
func (c *Client) ensureTopics(ctx context.Context, embedded bool) ([]string, error) {
	meta, err := c.metadata(ctx)
	if err != nil {
		return nil, err
	}
	have := map[string]int{}
	for _, t := range meta.Topics {
		if t.Error == nil {
			have[t.Name] = len(t.Partitions)
		}
	}
	replicas := min(3, len(meta.Brokers))
	var missing, present []Spec
	for _, s := range c.specs {
		if _, ok := have[c.name(s.Name)]; ok {
			present = append(present, s)
		} else {
			missing = append(missing, s)
		}
	}
	if err := c.createTopics(ctx, missing, replicas, embedded); err != nil {
		return nil, err
	}
	return c.compare(ctx, present, have)
}

func (c *Client) metadata(ctx context.Context) (*kafka.MetadataResponse, error) {
	var meta *kafka.MetadataResponse
	err := c.ask(ctx, func(ctx context.Context) (err error) {
		meta, err = c.kc.Metadata(ctx, &kafka.MetadataRequest{})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("topic: list topics: %w", err)
	}
	return meta, nil
}

func (c *Client) createTopics(ctx context.Context, specs []Spec, replicas int, embedded bool) error {
	if len(specs) == 0 {
		return nil
	}
	req := &kafka.CreateTopicsRequest{}
	for _, s := range specs {
		req.Topics = append(req.Topics, kafka.TopicConfig{
			Topic: c.name(s.Name), NumPartitions: s.Partitions, ReplicationFactor: replicas, ConfigEntries: s.entries(replicas, embedded),
		})
	}
	ctx, cancel := context.WithTimeout(ctx, 3*callTimeout)
	defer cancel()
	res, err := c.kc.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("topic: create topics: %w", err)
	}
	var errs []error
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) { // another node was first
			errs = append(errs, fmt.Errorf("topic: create %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// roll is the longest a segment stays open. A record can only be removed with its whole segment, so retention is shortened by it.
func (s *Spec) roll() time.Duration { return min(24*time.Hour, s.Retention/10) }

// segmentBytes is the size of a segment of the embedded broker.
func (s *Spec) segmentBytes() int {
	if s.Compacted {
		return tableSegmentBytes
	}
	return carrySegmentBytes
}

// settings are what a topic must have, on every broker.
func (s *Spec) settings() map[string]string {
	if s.Compacted {
		return map[string]string{"cleanup.policy": "compact", "max.message.bytes": strconv.Itoa(s.MaxMessageBytes)}
	}
	return map[string]string{
		"cleanup.policy":    "delete",
		"retention.ms":      strconv.FormatInt((s.Retention - s.roll()).Milliseconds(), 10),
		"max.message.bytes": strconv.Itoa(s.MaxMessageBytes),
	}
}

// entries are the settings to create a topic with.
func (s *Spec) entries(replicas int, embedded bool) []kafka.ConfigEntry {
	all := s.settings()
	switch {
	case embedded:
		all[segmentBytes] = strconv.Itoa(s.segmentBytes())
	case s.Compacted:
		all["min.cleanable.dirty.ratio"] = "0.1"
		all["min.compaction.lag.ms"] = strconv.FormatInt((24 * time.Hour).Milliseconds(), 10)     // the record takes every version before
		all["max.compaction.lag.ms"] = strconv.FormatInt((7 * 24 * time.Hour).Milliseconds(), 10) // what was replaced is gone within the month
		all["segment.ms"] = strconv.FormatInt((24 * time.Hour).Milliseconds(), 10)
	default:
		all["segment.ms"] = strconv.FormatInt(s.roll().Milliseconds(), 10)
	}
	if replicas >= 3 {
		all["min.insync.replicas"] = "2"
	}
	var out []kafka.ConfigEntry
	for k, v := range all {
		out = append(out, kafka.ConfigEntry{ConfigName: k, ConfigValue: v})
	}
	return out
}

// compare lists what is wrong with topics that exist.
func (c *Client) compare(ctx context.Context, specs []Spec, partitions map[string]int) ([]string, error) {
	if len(specs) == 0 {
		return nil, nil
	}
	have, err := c.describe(ctx, specs)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range specs {
		name := c.name(s.Name)
		if n := partitions[name]; n < s.Partitions || s.Compacted && n != s.Partitions {
			out = append(out, fmt.Sprintf("Topic %s has %d partitions and must have %d; since a change moves mentions between partitions, stop all programs and make the topic anew, or choose another prefix.", name, n, s.Partitions))
		}
		want := s.settings()
		for _, key := range []string{"cleanup.policy", "retention.ms", "max.message.bytes"} {
			if w, ok := want[key]; ok && !suits(key, have[name][key], w) {
				out = append(out, fmt.Sprintf("Topic %s has %s=%s and must have %s; mend it with kafka-configs --alter --topic %s --add-config %s=%s.", name, key, have[name][key], w, name, key, w))
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// suits says whether a topic's setting is good enough.
func suits(key, have, want string) bool {
	if key != "max.message.bytes" {
		return strings.EqualFold(have, want)
	}
	h, err1 := strconv.Atoi(have)
	w, err2 := strconv.Atoi(want)
	return err1 == nil && err2 == nil && h >= w
}

func (c *Client) describe(ctx context.Context, specs []Spec) (map[string]map[string]string, error) {
	req := &kafka.DescribeConfigsRequest{}
	for _, s := range specs {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: c.name(s.Name)})
	}
	var res *kafka.DescribeConfigsResponse
	err := c.ask(ctx, func(ctx context.Context) (err error) {
		res, err = c.kc.DescribeConfigs(ctx, req)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("topic: describe topics: %w", err)
	}
	out := map[string]map[string]string{}
	for _, r := range res.Resources {
		if r.Error != nil {
			return nil, fmt.Errorf("topic: describe %s: %w", r.ResourceName, r.Error)
		}
		m := map[string]string{}
		for _, e := range r.ConfigEntries {
			m[e.ConfigName] = e.ConfigValue
		}
		out[r.ResourceName] = m
	}
	return out, nil
}

// alter changes one setting of a topic.
func (c *Client) alter(ctx context.Context, topic, key, value string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := c.kc.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
		Resources: []kafka.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: c.name(topic),
			Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: key, Value: value, ConfigOperation: kafka.ConfigOperationSet}},
		}},
	})
	if err == nil {
		for _, r := range res.Resources {
			err = errors.Join(err, r.Error)
		}
	}
	if err != nil {
		return fmt.Errorf("topic: set %s of %s: %w", key, topic, err)
	}
	return nil
}
