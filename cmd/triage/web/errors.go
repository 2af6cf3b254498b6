package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"earshot/casework"
	"earshot/escalate"
	"earshot/index"
	"earshot/sources"
)

// fault is an error as people and programs are told it: a status, one sentence that repeats nothing of the request's secrets or of our
// insides, and why it is counted.
type fault struct {
	Status int
	Title  string
	Detail string
	Reason string        // label of earshot_web_refused_total; empty: not a refusal
	After  time.Duration // Retry-After; zero: none
	Mended string        // of a query
	Field  string        // of a form
	cause  error
}

func (f *fault) Error() string { return f.Detail }
func (f *fault) Unwrap() error { return f.cause }

func refuse(status int, reason, title, detail string) *fault {
	return &fault{Status: status, Reason: reason, Title: title, Detail: detail}
}

func badRequest(detail string) *fault {
	return refuse(http.StatusBadRequest, "bad_request", "The request cannot be read", detail)
}

// The refusals of more than one handler.
var (
	errNotFound = refuse(http.StatusNotFound, "not_found", "Page not found",
		"There is nothing at this address, or it is not for your role. Check the address, or start from the search page.")
	errRole = refuse(http.StatusForbidden, "role", "Not for your role",
		"Your account's role does not open this page. If you need it for your work, ask an administrator of Earshot.")
	errCrossSite = refuse(http.StatusForbidden, "cross_site", "Sent from another site",
		"This was sent from another website and was not carried out. Open Earshot itself and do it there.")
	errFormToken = refuse(http.StatusForbidden, "form_token", "The form was too old",
		"The form was open too long, or you have signed in again since. Go back, reload the page and send it once more.")
)

// asFault is the one place where an error becomes a sentence. What it does not know is a 500 that says nothing but a reference.
func asFault(err error) *fault {
	var f *fault
	var busy *Busy
	var bad *BadReport
	var query *index.QueryError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, index.ErrNotFound), errors.Is(err, escalate.ErrNoIncident):
		return errNotFound
	case errors.As(err, &query):
		return &fault{Status: http.StatusBadRequest, Reason: "bad_query", Title: "The search has a mistake", Detail: query.Error(), Mended: query.Mended}
	case errors.Is(err, index.ErrBadCursor):
		return refuse(http.StatusBadRequest, "bad_cursor", "The page of results is gone",
			"The place in the list is not valid (any more). Search again from the first page.")
	case errors.Is(err, casework.ErrBadEvent), errors.Is(err, sources.ErrBadMention):
		return refuse(http.StatusBadRequest, "bad_event", "Not accepted", sentence(err.Error()))
	case errors.As(err, &bad):
		return &fault{Status: http.StatusUnprocessableEntity, Reason: "bad_report", Title: "The report cannot be taken yet", Detail: bad.Why, Field: bad.Field}
	case errors.As(err, &busy):
		return asBusy(busy)
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "too_large", "Too large",
			fmt.Sprintf("What was sent is larger than the %s this address accepts.", bytesText(tooLarge.Limit)))
	case errors.Is(err, escalate.ErrAckForged), errors.Is(err, escalate.ErrAckExpired), errors.Is(err, escalate.ErrAckOther):
		return refuse(http.StatusForbidden, "bad_link", "The link does not work", sentence(err.Error()))
	case errors.Is(err, ErrBadLink):
		return refuse(http.StatusForbidden, "bad_link", "The link does not work",
			"This link is not complete, not ours, or too old. Copy the whole link from where you got it.")
	case errors.Is(err, context.DeadlineExceeded):
		return asBusy(&Busy{Why: "This took too long."})
	case isMendable(err):
		return refuse(http.StatusUnprocessableEntity, "bad_form", "Not accepted", sentence(err.Error()))
	}
	return &fault{Status: http.StatusInternalServerError, Title: "Something went wrong here", cause: err,
		Detail: "Earshot could not do this because of a fault of its own. Nothing you typed is at fault; try again, and tell your IT service the reference if it stays."}
}

func asBusy(b *Busy) *fault {
	f := &fault{Status: http.StatusServiceUnavailable, Reason: "busy", Title: "Please try again in a moment", After: b.After, cause: b}
	if b.Full {
		f.Status = http.StatusTooManyRequests
	}
	if f.After <= 0 {
		f.After = 5 * time.Second
	}
	f.Detail = fmt.Sprintf("%s Try again in %d seconds.", sentence(b.Why), seconds(f.After))
	return f
}

// isMendable reports whether err is one of the accounts' sentences for a person.
func isMendable(err error) bool {
	for _, e := range []error{ErrWrongPassword, ErrUsedLink, ErrShortPassword, ErrLongPassword, ErrPlainPassword, ErrBadAddress, ErrBadRole,
		ErrNoService, ErrLastAdmin, ErrNoPerson, ErrNoName, ErrNoToken} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func (f *fault) headers(h http.Header) {
	if f.After > 0 {
		h.Set("Retry-After", strconv.Itoa(seconds(f.After)))
	}
	if f.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="earshot"`)
	}
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
