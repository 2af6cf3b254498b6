package meta

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"earshot/sources"
)

// ErrGone is wrapped when the platform does not show an object any more: deleted, or no longer for our eyes.
var ErrGone = sources.ErrGone

// ErrDenied is wrapped when the token has not the permission for what was asked.
var ErrDenied = errors.New("meta: not permitted")

// refusal stops a source; whoever asks about one thing only looks for its kind, ErrGone or ErrDenied.
type refusal struct {
	sentence string
	kind     error
}

func (r *refusal) Error() string   { return r.sentence }
func (r *refusal) Unwrap() []error { return []error{r.kind, sources.ErrStop} }

// Seen is err, but nil when it says only that something may not be seen.
func Seen(err error) error {
	if errors.Is(err, ErrGone) || errors.Is(err, ErrDenied) {
		return nil
	}
	return err
}

// fault is an error body. Its message is not repeated: it may quote what was asked.
type fault struct {
	Code      int64 `json:"code"`
	Subcode   int64 `json:"error_subcode"`
	Transient bool  `json:"is_transient"`
}

// judge makes the error of an answer by the code in its body; err is what its status alone would say.
func (c *Client) judge(r sources.Response, err error) error {
	var body struct {
		Error *fault `json:"error"`
	}
	if json.Unmarshal(r.Body, &body) != nil || body.Error == nil || body.Error.Code == 0 {
		return err
	}
	f, n := *body.Error, c.cfg.Name
	switch {
	case f.throttled():
		if w := (*sources.Wait)(nil); errors.As(err, &w) {
			return err // until the time the headers tell
		}
		until := c.deps.Time().Add(breather)
		return sources.Waitf(until, "%s allows no more requests for a while (code %d); asked again at %s.", n, f.Code, until.UTC().Format("15:04 MST"))
	case f.Transient, f.Code == 1, f.Code == 2:
		return &sources.Fault{Sentence: fmt.Sprintf("%s has a fault of its own (code %d). It is tried again.", n, f.Code)}
	case f.Code == 190:
		return sources.Stopf("%s no longer accepts the token (code 190): it ran out, or the account's password or role changed. Make a new one and enter it on the sources page.", n)
	case f.Code == 10, f.Code >= 200 && f.Code <= 299:
		return &refusal{fmt.Sprintf("%s does not let the app read this (code %d). Check that it has the permissions %s, then save the source again.", n, f.Code, c.cfg.Permissions), ErrDenied}
	case f.Code == 100 && f.Subcode == 33:
		return &refusal{fmt.Sprintf("%s does not know the account, or does not show it to this token (code 100). Check the account's number and the token.", n), ErrGone}
	case f.Code == 100:
		return sources.Stopf("%s does not understand the request (code 100). Check the account's number and the version of the API in the source's settings.", n)
	}
	return err
}

func (f fault) throttled() bool {
	switch f.Code {
	case 4, 17, 32, 613:
		return true
	}
	return f.Code >= 80000 && f.Code <= 80014
}
