package escalate

import (
	"strings"
	"time"

	"earshot/classify"
)

// say is what people read for a reason: its title, why the mention came to this inbox, and the suggested next step.
type say struct{ title, why, step string }

var sayings = map[Reason]say{
	ReasonThreat: {"Possible threat", "It may threaten violence against a person, group or place, or publish where somebody can be found so that harm may follow.",
		"If somebody is in danger now, ring 999. Then open the case, keep the evidence and tell the designated lead."},
	ReasonEmergency: {"Possible emergency", "It may show an immediate danger to life or property.",
		"If somebody is in danger now, ring 999. Then open the case and tell the emergency planning officer."},
	ReasonSelfHarm: {"Possible risk of self-harm", "The writer or somebody they know may be about to harm themselves.",
		"If somebody is in danger now, ring 999. Then open the case and tell the designated safeguarding lead."},
	ReasonSafeguarding: {"Possible safeguarding concern", "A child or an adult may be at risk of abuse or neglect.",
		"If somebody is in danger now, ring 999. Then open the case and tell the designated safeguarding lead."},
	ReasonOwnReport:     {"A colleague reported a post about themselves", "A colleague handed in a post about themselves.", "Open the case, look whether they may be contacted, and offer support."},
	ReasonAbuseStaff:    {"A colleague may need support", "A post was found to abuse staff.", "Open the case, offer support and tell the line manager."},
	ReasonAbuseMember:   {"A member may need support", "A post was found to abuse an elected member.", "Open the case, offer support and tell the group leader; consider the police."},
	ReasonConfirmAbuse:  {"Possible abuse to confirm", "It may abuse staff or members, but not surely enough to go to HR or the Monitoring Officer by itself.", "Open the case and confirm or correct the tag; what follows then happens by itself."},
	ReasonReferred:      {"Referred to you", "A colleague sent this on.", "Open the case and decide who acts."},
	ReasonComplaint:     {"Complaint", "It says that a council service, decision or person fell short.", "Answer with the link to the complaints page, where it is recorded and followed up. The redirect is not itself the complaint."},
	ReasonJuniorOfficer: {"Officer named", "It names an officer below the published senior grades.", "Ask politely that the name is left out, without repeating it."},
	ReasonInaccuracy:    {"Wrong about the council", "It contradicts a statement on the register of facts.", "Correct it with the fact and its source."},
	ReasonReported:      {"Report from a colleague", "A colleague handed this in.", "Open the case, look at the evidence and tag it."},
	ReasonTrolling:      {"Trolling", "It seems to provoke for its own sake.", "Do not engage; close the case with a reason."},
	ReasonRoute:         {"Mention for you", "A route of the council sends such mentions here.", "Open the case and decide who acts."},
}

// Title is the reason as mails and pages name it.
func (r Reason) Title() string { return sayings[r].title }

// Because is one sentence that says why the mention was escalated.
func (r Reason) Because() string { return sayings[r].why }

// Suggestion is the suggested next step.
func (r Reason) Suggestion() string { return sayings[r].step }

// why is the Why of an escalated event.
func why(s reasonSet) string {
	var out []string
	for _, r := range s.list() {
		out = append(out, r.Title())
	}
	return strings.Join(out, ", ")
}

var platformNames = map[string]string{"facebook": "Facebook", "messenger": "Messenger", "instagram": "Instagram", "x": "X", "linkedin": "LinkedIn",
	"youtube": "YouTube", "pinterest": "Pinterest", "nextdoor": "Nextdoor", "tiktok": "TikTok", "whatsapp": "WhatsApp", "threads": "Threads",
	"snapchat": "Snapchat", "telegram": "Telegram", "wechat": "WeChat", "reddit": "Reddit", "tumblr": "Tumblr", "quora": "Quora", "flickr": "Flickr",
	"twitch": "Twitch", "bluesky": "Bluesky", "mastodon": "Mastodon", "feed": "Web feed", "wordpress": "WordPress", "report": "Staff report"}

// PlatformName is how people write a platform's name.
func PlatformName(id string) string {
	if n, ok := platformNames[id]; ok {
		return n
	}
	return id
}

// sure says how sure a verdict is of a tag, in words and per cent.
func sure(v *classify.Verdict, l classify.Label) string {
	if v.Stage == classify.Person {
		return "said by a person"
	}
	return percent(v.Scores[l])
}

// clock writes a due time as short as it is unmistakable: "Thu 10:40", and with the date when it is over six days away.
func clock(at, now time.Time, loc *time.Location) string {
	at = at.In(loc)
	if d := at.Sub(now); d < 6*24*time.Hour && d > -24*time.Hour {
		return at.Format("Mon 15:04")
	}
	return at.Format("Mon 2 Jan 15:04")
}
