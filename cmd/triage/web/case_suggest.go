package web

import (
	"slices"

	"earshot/casework"
	"earshot/classify"
	"earshot/index"
)

// suggest is the next step as policy asks for it (P7 to P13), risk before everything.
func (s *Server) suggest(r index.Record) string {
	labels := r.Verdict.Labels
	if r.Case.Relabelled {
		labels = r.Case.Labels
	}
	switch has := func(l classify.Label) bool { return slices.Contains(labels, l) }; {
	case len(risksOf(r)) > 0:
		return "Read it now and decide whether the police, social care or the emergency services must be told. Acknowledge it so that colleagues know it is in hand."
	case r.Case.State == casework.StateClosed || r.Case.State == casework.Answered:
		return "Nothing more to do. Open it again if something new comes up."
	case asksAboutAbuse(r):
		return "Read it and decide whether abuse of staff or councillors is meant. If it is, say so and it goes to HR or the Monitoring Officer; if not, change the tags."
	case len(r.Case.With) > 0 && r.Case.HR == "" && r.Case.Monitoring == "" && !has(classify.Complaint):
		return "HR or the Monitoring Officer has it. Do not answer the abuse; there is nothing else to do here."
	case has(classify.Abuse) && has(classify.Complaint):
		return "The abuse is for HR or the Monitoring Officer; the complaint in it is still answered: point to the complaints page."
	case has(classify.Abuse):
		return "Do not answer the abuse. Check that it is really aimed at staff or councillors; if so HR or the Monitoring Officer supports them."
	case has(classify.JuniorOfficer) && has(classify.Complaint):
		return "Point to the complaints page, and ask politely that the officer’s name is taken out, without repeating it."
	case has(classify.JuniorOfficer):
		return "Ask politely that the officer’s name is taken out, without repeating it."
	case has(classify.Complaint):
		return "Point to the complaints page, so that the complaint is recorded; add what the service can say at once."
	case has(classify.Inaccuracy):
		return "Correct it politely with the fact from the register."
	case has(classify.Trolling):
		return "Do not engage. Close it with a reason."
	case r.Case.State == casework.StateNone:
		return "Nobody has to act on this."
	}
	return "Read it, acknowledge it, and close it if there is nothing to do."
}
