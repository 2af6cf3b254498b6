package judge

import "earshot/classify"

// Heads of the linear model besides those named after labels and risks.
const (
	headStaff   = "to:staff"
	headMember  = "to:member"
	headOther   = "to:other"
	headService = "service:" // and the service's id
)

// ServiceIDs are the services that come with the program.
var ServiceIDs = []string{
	"waste", "roads", "housing", "planning", "parking", "council_tax", "benefits", "social_care", "education", "libraries", "leisure", "parks",
	"licensing", "environment", "elections", "democracy", "customer_services", "other",
}

// Heads names every head of the model, in the order of its table.
var Heads = func() []string {
	out := []string{string(classify.Complaint), string(classify.Trolling), string(classify.Abuse), string(classify.Inaccuracy), headStaff, headMember, headOther}
	for _, r := range classify.Risks {
		out = append(out, string(r))
	}
	for _, s := range ServiceIDs {
		out = append(out, headService+s)
	}
	return out
}()

// Targets of abuse, as verdicts write them.
const (
	TargetStaff  = "staff"
	TargetMember = "member"
	TargetBoth   = "both"
	TargetOther  = "other"
)

// Gold is what is known about a mention, for learning and judging.
type Gold struct {
	Labels  map[classify.Label]bool
	Target  string
	Risks   map[classify.Risk]bool
	Service string
}

// Truth says for every head whether gold has it: 1 or 0, or -1 where gold says nothing.
func (g *Gold) Truth() []float32 {
	out := make([]float32, 0, len(Heads))
	bit := func(b bool) {
		if b {
			out = append(out, 1)
			return
		}
		out = append(out, 0)
	}
	for _, l := range []classify.Label{classify.Complaint, classify.Trolling, classify.Abuse, classify.Inaccuracy} {
		bit(g.Labels[l])
	}
	bit(g.Target == TargetStaff || g.Target == TargetBoth)
	bit(g.Target == TargetMember || g.Target == TargetBoth)
	bit(g.Target == TargetOther)
	for _, r := range classify.Risks {
		bit(g.Risks[r])
	}
	for _, s := range ServiceIDs {
		if g.Service == "" {
			out = append(out, -1)
			continue
		}
		bit(g.Service == s)
	}
	return out
}
