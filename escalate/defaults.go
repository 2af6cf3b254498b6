package escalate

import (
	"slices"

	"earshot/casework"
	"earshot/classify"
	"earshot/settings"
	"earshot/sources"
)

// The ids of the routes that come with the program. Routes of a council's own must not use them for something else.
const (
	routeOwnReport = "own-report"
	routeRisk      = "risk"
	routeConfirm   = "abuse-confirm"
	routeReferred  = "referred-" // followed by the audience
)

// defaultRoutes implements the policy when routes.yaml is empty: complaints, inaccuracies and named junior officers to comms, abuse to HR or
// the Monitoring Officer where the verdict is sure and to comms for a click where it is not, trolling to nobody.
func defaultRoutes() []*route {
	return []*route{
		{Route: settings.Route{ID: "abuse-staff", Labels: []string{"abuse"}, Target: "staff", MinScore: AbuseConfidence,
			Audience: AudienceHR, Wait: wait, Repeat: reminder}},
		{Route: settings.Route{ID: "abuse-member", Labels: []string{"abuse"}, Target: "member", MinScore: AbuseConfidence,
			Audience: AudienceMonitoring, Wait: wait, Repeat: reminder}},
		{Route: settings.Route{ID: "abuse-unsure", Audience: AudienceComms, Within: within, Receivers: []string{inboxNone}},
			when: suspected, reason: ReasonConfirmAbuse},
		{Route: settings.Route{ID: "complaint", Labels: []string{"complaint"}, Audience: AudienceComms, Wait: wait, Repeat: reminder,
			Within: within}},
		{Route: settings.Route{ID: "junior-officer", Labels: []string{"junior_officer"}, Audience: AudienceComms, Wait: wait, Repeat: reminder,
			Within: within}},
		{Route: settings.Route{ID: "inaccuracy", Labels: []string{"inaccuracy"}, Audience: AudienceComms, Wait: wait, Repeat: reminder,
			Within: within}},
		{Route: settings.Route{ID: "report", Audience: AudienceComms, Wait: wait, Repeat: reminder, Within: within},
			when: func(t *classify.Tagged) bool { return t.Mention.Kind == sources.Report }, reason: ReasonReported},
		{Route: settings.Route{ID: "trolling", Labels: []string{"trolling"}, Audience: AudienceComms, Receivers: []string{inboxNone}},
			when: onlyTrolling, group: "trolling:"},
	}
}

// builtIn are the routes every table has: they take what no council may leave out, and what a person sends on.
func builtIn() []*route {
	out := []*route{
		{Route: settings.Route{ID: routeOwnReport, Audience: AudienceHR, Wait: wait, Repeat: reminder}},
		{Route: settings.Route{ID: routeRisk, Risk: []string{"any"}, Audience: AudienceOnCall, AnyHour: true, Step: riskStep}},
		{Route: settings.Route{ID: routeConfirm, Labels: []string{"abuse"}, Audience: AudienceComms, Wait: wait, Repeat: reminder, Within: within},
			reason: ReasonConfirmAbuse},
	}
	for _, a := range Audiences {
		r := settings.Route{ID: routeReferred + a, Audience: a, Wait: wait, Repeat: reminder}
		if a == AudienceOnCall {
			r.Wait, r.AnyHour, r.Step, r.Repeat = 0, true, riskStep, 0
		}
		out = append(out, &route{Route: r, reason: ReasonReferred})
	}
	return out
}

const (
	wait     = settings.Duration(GroupWait)
	within   = settings.Duration(AnswerWithin)
	riskStep = settings.Duration(RiskStep)
	reminder = settings.Duration(Reminder)
)

// suspected is abuse the verdict did not dare to label: a case for a person to look at, no mail.
func suspected(t *classify.Tagged) bool {
	return !t.Verdict.Has(classify.Abuse) && slices.Contains(t.Verdict.Unsure, classify.Abuse)
}

// onlyTrolling is trolling with nothing in it to answer (P8).
func onlyTrolling(t *classify.Tagged) bool {
	return len(t.Verdict.Labels) == 1 && len(t.Verdict.Risk) == 0 && casework.MentionWall(&t.Mention) == casework.NoWall
}
