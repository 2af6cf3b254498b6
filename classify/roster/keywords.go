package roster

import "strings"

// kin lists words that people use for the same desk, team or vehicle; a person whose job or team has one of a line's words before
// the colon is also found by the words behind it.
var kin = parseKin(`
waste refuse recycling collection collections: bin bins lorry wagon truck round crew waste refuse recycling binmen tip depot rubbish dustcart
driver loader: lorry wagon truck round bins bin cab
parking civil car parks: parking badge warden wardens tickets ticket traffic cars park
planning development management: planning plans planners planner
housing options neighbourhood homes estate: housing homes homeless homelessness estate flats
damp mould: damp mould mold surveyor inspector
benefits revenues assessor: benefits benefit revenues housing-benefit assessor
tax recovery revenues: tax recovery arrears revenues bailiffs ctax
library libraries librarian: library libraries librarian books story storytime
toilet toilets conveniences: toilet toilets loo loos bog bogs lavs
communications media digital: comms social account camera stream livestream
tree arboricultural: tree trees
crematorium cemetery bereavement: crematorium crem cemetery graveyard graves
occupational therapist: ot
gritter: gritter gritting lorry
temporary accommodation: ta accommodation
way: footpath footpaths paths
theatre box: box theatre tickets
outreach rough: outreach rough sleepers
graffiti: graffiti van
social worker children adults adult childrens safeguarding: social worker services care childrens sw ss adult
customer services adviser contact centre: desk reception switchboard phones phone centre counter customer services enquiries call helpdesk
highways highway inspector roads: highways roads potholes pothole highway
licensing taxi: licensing taxi taxis licence licences
environmental health food safety: health food hygiene environmental eh
dog warden: dog dogs warden
harbour: harbour quay moorings
foreshore beach: beach huts hut foreshore
coastal engineer coast: coast coastal cliff sea
admissions school schools: admissions school schools
youth: youth hub club
street cleansing scene: street cleansing litter fly-tipping flytipping sweeper
registration registrar: registry registrar registrars registration births deaths weddings
blue badge: badge badges
transport send: transport send taxis bus minibus
ehcp assessment: ehcp send
flood drainage: drainage flood flooding drains
recycling site supervisor: tip dump skip hwrc gate recycling site
market markets superintendent: market markets
allotments allotment: allotment allotments plots
leisure pool duty: pool leisure gym baths
hmo private sector: hmo landlords
parks green spaces: parks park
elections electoral: elections electoral votes ballot postal polling
events coordinator: library events
`)

// stop lists words of jobs and teams that say nothing about which person is meant.
var stop = set(strings.Fields("officer officers assistant adviser advisor manager team senior service services and of the for in to at as posts worker supervisor coordinator deputy head house private public sector"))

// general are words that show, after a first name and a preposition, that somebody who works for a council is meant even when
// the roster does not know them.
var general = set(strings.Fields(`bins bin lorry wagon round crew parking planning housing benefits reception switchboard helpdesk registrars registry highways licensing
	admissions electoral elections recovery revenues library libraries recycling tip depot cleansing enforcement allotments contact team office dept department
	desk counter council cemetery crematorium sweeper gritter van wardens warden litter homeless homelessness safeguarding childrens adult payroll environmental
	toilets loos bogs toilet barrier lollipop gate baths street-lighting lighting gritters countryside comms minibus crossing pool hub sweeping
	foreshore harbour markets leisure refuse waste repairs lettings archives museum planners council's noise pest tree trees parks grounds meals`))

// links join a first name to a team: "Kasia from Healthy Homes", "Tunde at the Garnet office", "Liam on round 7".
var links = set(strings.Fields("from at in on off of who drives the with @ for"))

func parseKin(s string) map[string][]string {
	m := map[string][]string{}
	for line := range strings.Lines(s) {
		left, right, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		for _, l := range strings.Fields(left) {
			m[l] = append(m[l], strings.Fields(right)...)
		}
	}
	return m
}

// keywordsOf lists the words that place a person: those of the team and job, and what people call them.
func keywordsOf(job, team string) map[string]bool {
	out := map[string]bool{}
	for _, w := range append(words(job), words(team)...) {
		if !stop[w] && (w[0] < '0' || w[0] > '9') { // "round 4" places a person, "at number 4" does not
			out[w] = true
		}
		for _, k := range kin[w] {
			out[k] = true
		}
	}
	return out
}

// jobs are what somebody who works for a council may be called right behind a first name: "Gemma the social worker".
var jobs = set(strings.Fields("worker warden officer planner inspector engineer librarian receptionist caretaker driver loader binman clerk adviser caseworker surveyor registrar assessor sweeper lifeguard gardener ranger escort attendant cleaner bailiff ot"))

// fellows are what people call somebody by the work: "Dave the bin man".
var fellows = set(strings.Fields("man woman lady guy bloke fella lad lass girl chap kid lot"))

// strangersTeam are words that, behind a link, begin the name of no team of the council's.
var strangersTeam = set(strings.Fields("my our your his her their private"))

// otherBodies are words before a job that make it another body's: "police officer".
var otherBodies = set(strings.Fields("police prison probation hospital school bank loss estate transport train bus traffic nhs court"))

// strangers are words near a name that make it another person of that name, unless the person's own work is named too.
var strangers = set(strings.Fields(`drummer singer footballer striker goalkeeper midfielder photography catering chippy band gig album guitarist jazz darts chess actor actress author novelist poet comedian professor
	goal goals scored season hairdresser butcher plumber florist relation namesake obituary born married bride groom wedding pupil teacher coach referee league cup fc
	granddad grandad nan school marathon champion solicitor dentist vet vicar mp`))
