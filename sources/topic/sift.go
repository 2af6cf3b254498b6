package topic

import "context"

// Of is a record and what was read from it.
type Of[T any] struct {
	Record Record
	V      T
}

// Sift decodes records, sets those that decode refuses with a poison error aside on DeadLetters for stage, and returns the others in
// order. It fails only when the dead letters cannot be written, and then with an error wrapped by Retry.
func Sift[T any](ctx context.Context, c *Client, stage string, recs []Record, decode func(Record) (T, error)) ([]Of[T], error) {
	good := make([]Of[T], 0, len(recs))
	for _, r := range recs {
		v, err := decode(r)
		if err != nil {
			if err := c.DeadLetter(ctx, stage, r, err); err != nil {
				return nil, Retry(err)
			}
			continue
		}
		good = append(good, Of[T]{r, v})
	}
	return good, nil
}
