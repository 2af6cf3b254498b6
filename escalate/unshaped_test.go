package escalate

import (
	"strings"
	"testing"
	"time"

	"earshot/casework"
)

// TestNothingIsSentOfWhatIsNotYetKnown: an incident of which only a delivery is known, because its opening comes later or was let go of, has
// nothing that a mail could say.
func TestNothingIsSentOfWhatIsNotYetKnown(t *testing.T) {
	l := NewLedger()
	l.Apply([]casework.Event{{Type: casework.Delivered, Incident: "i1", Mention: "x:1", MessageID: "<" + strings.Repeat("ab", 16) + "@council.example>",
		To: "first@council.example", At: time.Now()}})
	if _, ok := l.view("i1"); ok {
		t.Error("the dispatcher sees it")
	}
	if l.wants("i1", "second@council.example", 0) {
		t.Error("a mail about it is wanted")
	}
	l.Apply([]casework.Event{{Type: casework.Escalated, Incident: "i1", Mention: "x:1", Audience: AudienceComms, Route: "r", Reasons: []string{string(ReasonComplaint)}, At: time.Now()}})
	if i, ok := l.view("i1"); !ok || len(i.Reasons) != 1 || len(i.Mails) != 1 {
		t.Errorf("once it is opened it is seen as %v, %+v", ok, i)
	}
	if !l.wants("i1", "second@council.example", 0) {
		t.Error("once it is opened no mail is wanted")
	}
}
