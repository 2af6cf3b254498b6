package sources

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// Platforms write one idea in several ways, and some of them in several within one answer. These types read what was met; what is empty, null or
// false is the zero value.

// ID is an id that is a string or a number too long for a float.
type ID string

// UnmarshalJSON implements json.Unmarshaler.
func (id *ID) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(id))
	}
	if n, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*id = ID(strconv.FormatInt(n, 10))
		return nil
	} else if !nothing(b) {
		return err
	}
	*id = ""
	return nil
}

// Int is a whole number, or one in a string.
type Int int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Int) UnmarshalJSON(b []byte) error {
	*n = 0
	if b = bytes.Trim(b, `"`); nothing(b) {
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	*n = Int(v)
	return err
}

// Moment is a time in UTC: Unix seconds, whole or broken, also in a string; or ISO 8601, where a time without a zone is in UTC.
type Moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *Moment) UnmarshalJSON(b []byte) (err error) {
	m.Time = time.Time{}
	if b = bytes.Trim(b, `"`); nothing(b) {
		return nil
	}
	s := string(b)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		m.Time = time.Unix(n, 0).UTC()
		return nil
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(n) < 1e15 {
		whole, part := math.Modf(n)
		m.Time = time.Unix(int64(whole), int64(part*1e9)).UTC()
		return nil
	}
	if utc, ok := strings.CutSuffix(s, "+0000"); ok { // nearly always, and RFC 3339 is read three times as fast
		s = utc + "Z"
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05-0700"} {
		var t time.Time
		if t, err = time.Parse(form, s); err == nil {
			m.Time = t.UTC()
			return nil
		}
	}
	return err
}

// nothing says that a platform's JSON means none.
func nothing(b []byte) bool { return len(b) == 0 || string(b) == "null" || string(b) == "false" }

// Unix is the time of Unix seconds in UTC.
func Unix(s int64) time.Time { return time.Unix(s, 0).UTC() }

// Counts are what a platform tells of how a mention was received; nil is what it does not tell, and not zero.
type Counts struct{ Likes, Replies, Shares, Quotes, Views, Rating *int64 }

// Engagement is c for a Mention.
func (c Counts) Engagement() map[string]int64 {
	out := make(map[string]int64, 6)
	for i, n := range [...]*int64{c.Likes, c.Replies, c.Shares, c.Quotes, c.Views, c.Rating} {
		if n != nil {
			out[[...]string{"likes", "replies", "shares", "quotes", "views", "rating"}[i]] = *n
		}
	}
	return out
}
