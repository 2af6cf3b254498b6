package archive

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"earshot/classify"

	"github.com/go-json-experiment/json"
)

// VerdictKey names what a verdict says, whenever it said it: 16 hex digits.
func VerdictKey(v classify.Verdict) string {
	v.At = time.Time{}
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		// Only a float that JSON has no form for, or a broken Unknown, gets here; neither survived the way through the log.
		b = []byte(err.Error())
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

// better is a total order, so that the same verdicts give the same current one whatever the order they came in.
func better(a classify.Verdict, aKey string, b classify.Verdict, bKey string) bool {
	return cmp.Or(cmp.Compare(rank(a.Stage), rank(b.Stage)), a.At.Compare(b.At), cmp.Compare(aKey, bKey)) > 0
}

func rank(s classify.Stage) int {
	switch s {
	case classify.Person:
		return 2
	case classify.Considered:
		return 1
	}
	return 0
}
