package topic

import (
	"context"
	"fmt"

	"earshot/sources"
)

// PublishMentions puts mentions on the log and returns nil once all are acknowledged. It refuses a mention that does not Validate or
// is too large before anything is written.
func (c *Client) PublishMentions(ctx context.Context, ms []sources.Mention) error {
	recs := make([]Record, len(ms))
	for i := range ms {
		rec, err := EncodeMention(&ms[i])
		if err != nil {
			return err
		}
		recs[i] = rec
	}
	return c.Publish(ctx, recs)
}

// EncodeMention makes the record of a mention.
func EncodeMention(m *sources.Mention) (Record, error) {
	if err := m.Validate(); err != nil {
		return Record{}, fmt.Errorf("topic: encode mention: %w", err)
	}
	return Encode(Mentions, KindMention, m.ID, m)
}

// DecodeMention reads a record of Mentions and checks it as sources.ParseMention does. Every error is a *PoisonError.
func DecodeMention(rec Record) (sources.Mention, error) {
	m, err := Decode[sources.Mention](rec, KindMention)
	if err != nil {
		return m, err
	}
	if err := m.Validate(); err != nil {
		return sources.Mention{}, Poison(CauseInvalid, err)
	}
	if m.ID != string(rec.Key) {
		return sources.Mention{}, Poison(CauseInvalid, fmt.Errorf("the record's key is not the mention's id"))
	}
	return m, nil
}
