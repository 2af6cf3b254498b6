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
	if a.Stage.Outranks(b.Stage) || b.Stage.Outranks(a.Stage) {
		return a.Stage.Outranks(b.Stage)
	}
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(aKey, bKey)) > 0
}
