package web

import (
	"strings"

	"earshot/casework"
	"earshot/classify"
	"earshot/escalate"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// What officers read instead of the codes. A code without a name is shown as it is.
var (
	labelNames = map[string]string{
		string(classify.Complaint): "Complaint", string(classify.Trolling): "Trolling", string(classify.Abuse): "Abuse",
		string(classify.Inaccuracy): "Factual inaccuracy", string(classify.JuniorOfficer): "Junior officer named",
	}
	riskNames = map[string]string{
		string(classify.Threat): "Threat of violence", string(classify.Emergency): "Emergency",
		string(classify.SelfHarm): "Risk of self-harm", string(classify.Safeguarding): "Safeguarding",
	}
	stateNames = map[string]string{
		string(casework.New): "New", string(casework.StateAcked): "Acknowledged", string(casework.StateHeld): "Holding reply sent",
		string(casework.Answered): "Answered", string(casework.WithHR): "With HR",
		string(casework.WithMonitoring): "With the Monitoring Officer", string(casework.StateClosed): "Closed",
		string(casework.StateNone): "No case",
	}
	roleNames = map[string]string{
		string(casework.Comms): "Communications", string(casework.HR): "HR", string(casework.Monitoring): "Monitoring Officer",
		string(casework.ServiceMan): "Service manager", string(casework.Admin): "Administrator", string(casework.Staff): "Staff",
	}
	audienceNames = map[string]string{
		escalate.AudienceComms: "Communications", escalate.AudienceHR: "HR", escalate.AudienceMonitoring: "Monitoring Officer",
		escalate.AudienceOnCall: "On call",
	}
	stanceNames = map[string]string{"contradicts": "contradicts", "agrees": "agrees with", "asks": "asks about", "quotes": "repeats, without claiming it,"}
	targetNames = map[string]string{"staff": "a member of staff", "member": "a councillor", "both": "staff and councillors", "other": "somebody else"}
	wallNames   = map[string]string{"hr": "With HR", "monitoring": "With the Monitoring Officer"}
	reasonNames = map[string]string{
		string(escalate.ReasonThreat): "Threat of violence", string(escalate.ReasonEmergency): "Emergency",
		string(escalate.ReasonSelfHarm): "Risk of self-harm", string(escalate.ReasonSafeguarding): "Safeguarding",
		string(escalate.ReasonOwnReport): "Report about oneself", string(escalate.ReasonAbuseStaff): "Abuse of staff",
		string(escalate.ReasonAbuseMember): "Abuse of a councillor", string(escalate.ReasonConfirmAbuse): "Abuse to confirm",
		string(escalate.ReasonReferred): "Sent on by a colleague", string(escalate.ReasonComplaint): "Complaint",
		string(escalate.ReasonJuniorOfficer): "Junior officer named", string(escalate.ReasonInaccuracy): "Factual inaccuracy",
		string(escalate.ReasonReported): "Reported by a colleague", string(escalate.ReasonTrolling): "Trolling",
		string(escalate.ReasonRoute): "A route of the council's own",
	}
	eventNames = map[casework.Type]string{
		casework.Received: "Received", casework.Classified: "Tagged", casework.Escalated: "Escalated", casework.Delivered: "Mail sent",
		casework.Acknowledged: "Acknowledged", casework.Confirmed: "Tags confirmed", casework.Relabelled: "Tags changed",
		casework.Assigned: "Assigned", casework.Noted: "Note", casework.Drafted: "Draft written", casework.Approved: "Draft approved",
		casework.Held: "Holding reply sent", casework.Replied: "Reply sent", casework.Joined: "Joined to an incident",
		casework.Referred: "Referred", casework.SupportOffered: "Support offered", casework.ManagerTold: "Manager told",
		casework.PoliceTold: "Police told", casework.Closed: "Closed", casework.Reopened: "Opened again", casework.Undone: "Undone",
		casework.Erased: "Erased on request", casework.Refused: "Mail refused", casework.Reconsidered: "Read again", casework.Audited: "Tagged for the weekly sample",
		casework.Switched: "Classifier changed", casework.Configured: "Settings changed",
	}
	platformNames = map[string]string{
		"bluesky": "Bluesky", "facebook": "Facebook", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn", "youtube": "YouTube",
		"mastodon": "Mastodon", "reddit": "Reddit", "tiktok": "TikTok", "nextdoor": "Nextdoor", "threads": "Threads", "feed": "Web feed",
		"wordpress": "WordPress", "report": "Staff report", "google": "Google reviews", "trustpilot": "Trustpilot", "telegram": "Telegram",
	}
	sourceStates = map[string]string{
		"starting": "Starting", "running": "Running", "waiting": "Waiting", "quiet": "Quiet", "failing": "Failing", "stopped": "Stopped",
		"paused": "Paused",
	}
	facetNames = map[string]string{
		"tag": "Tag", "risk": "Risk", "platform": "Platform", "state": "State", "service": "Service", "lang": "Language",
		"term": "Watch term", "day": "Day",
	}
)

func name(names map[string]string, code string) string {
	if n, ok := names[code]; ok {
		return n
	}
	return code
}

func eventName(t casework.Type) string {
	if n, ok := eventNames[t]; ok {
		return n
	}
	return string(t)
}

func languageName(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if n := display.English.Languages().Name(tag); n != "" {
		return n
	}
	return code
}

// howSure puts a calibrated probability into words, as the help page explains them.
func howSure(score float64) string {
	switch {
	case score >= 0.95:
		return "very sure"
	case score >= 0.8:
		return "sure"
	case score >= 0.6:
		return "fairly sure"
	case score >= 0.4:
		return "not sure"
	}
	return "unlikely"
}

// plural returns "1 mention" or "3 mentions".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

func thousands(n int) string {
	s := []byte{}
	neg := n < 0
	if neg {
		n = -n
	}
	digits := []byte{}
	for {
		digits = append(digits, byte('0'+n%10))
		if n /= 10; n == 0 {
			break
		}
	}
	for i := len(digits) - 1; i >= 0; i-- {
		s = append(s, digits[i])
		if i > 0 && i%3 == 0 {
			s = append(s, ',')
		}
	}
	if neg {
		return "-" + string(s)
	}
	return string(s)
}

func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}
