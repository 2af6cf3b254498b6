package clickhouse

import (
	"fmt"

	"earshot/classify"

	"github.com/go-json-experiment/json"
)

// Bodies are plain JSON here, unlike in SQLite: ClickHouse compresses whole columns, and analysts can look into them.

func encode(v any) (string, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("archive: %T has no JSON form: %w", v, err)
	}
	return string(b), nil
}

func decode(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("archive: stored value cannot be read: %w", err)
	}
	return nil
}

func decodeTagged(body string) (classify.Tagged, error) {
	var t classify.Tagged
	return t, decode(body, &t)
}
