package settings

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // council.yaml names a zone; a machine without zone files must still know it
)

// Defaults of council.yaml.
const (
	DefaultTimeZone    = "Europe/London"
	DefaultOfficeStart = "08:30"
	DefaultOfficeEnd   = "17:00"
	DefaultAuditSample = 50
)

// Bounds of audit_sample: fewer say nothing, more nobody tags in a week.
const (
	leastAuditSample = 10
	mostAuditSample  = 500
)

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// Location is the council's time zone; a Council that was not loaded is in Europe/London.
func (c Council) Location() *time.Location {
	name := c.TimeZone
	if name == "" {
		name = DefaultTimeZone
	}
	loc, err := time.LoadLocation(name)
	if err != nil { // readCouncil refused it, and Europe/London is embedded
		return time.UTC
	}
	return loc
}

// readCouncil returns council.yaml with every default filled in.
func readCouncil(b []byte, r *report) Council {
	var c Council
	d := readYAML(CouncilFile, b, &c, r)
	if !d.broken && strings.TrimSpace(c.Name) == "" {
		d.fault("name", "the council's name is missing; write name: and the name")
	}
	c.TimeZone = withDefault(c.TimeZone, DefaultTimeZone)
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		d.fault("time_zone", "time_zone %q is unknown; write for example Europe/London", c.TimeZone)
		c.TimeZone = DefaultTimeZone
	}
	c.OfficeHours = officeHours(c.OfficeHours, d)
	for i, day := range c.BankHolidays {
		t, err := parseDay(day)
		if err != nil {
			d.fault(at("bank_holidays", i), "bank holiday %v", err)
			continue
		}
		c.BankHolidays[i] = t.Format(time.DateOnly)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Links)) {
		checkURL(CouncilFile, d.line("links."+name), "links."+name, c.Links[name], r)
	}
	if !slices.Contains([]string{"", "hold", "send"}, c.QuietHours) {
		d.fault("quiet_hours", "quiet_hours %q is unknown; write hold, so that mails wait for the office to open, or send", c.QuietHours)
	}
	checkInboxes(c.Inboxes, d)
	if c.AuditSample == 0 {
		c.AuditSample = DefaultAuditSample
	}
	if c.AuditSample < leastAuditSample || c.AuditSample > mostAuditSample {
		d.fault("audit_sample", "audit_sample is %d; write a number from %d to %d, or leave it out for %d", c.AuditSample, leastAuditSample, mostAuditSample, DefaultAuditSample)
	}
	return c
}

func officeHours(h OfficeHours, d *document) OfficeHours {
	if len(h.Days) == 0 {
		h.Days = slices.Clone(weekdays[:5])
	}
	for i, day := range h.Days {
		h.Days[i] = strings.ToLower(day)
		if len(day) >= 3 && slices.Contains(weekdays, h.Days[i][:3]) {
			h.Days[i] = h.Days[i][:3]
			continue
		}
		d.fault(at("office_hours.days", i), "day %q is unknown; write %s", day, strings.Join(weekdays, ", "))
	}
	h.Start, h.End = withDefault(h.Start, DefaultOfficeStart), withDefault(h.End, DefaultOfficeEnd)
	start, startErr := time.Parse("15:04", h.Start)
	end, endErr := time.Parse("15:04", h.End)
	switch {
	case startErr != nil:
		d.fault("office_hours.start", "office_hours.start %q is not a time of day; write for example 08:30", h.Start)
	case endErr != nil:
		d.fault("office_hours.end", "office_hours.end %q is not a time of day; write for example 17:00", h.End)
	case !start.Before(end):
		d.fault("office_hours.end", "office_hours.end %s is not after office_hours.start %s", h.End, h.Start)
	}
	return h
}

func checkInboxes(in Inboxes, d *document) {
	for name, addresses := range map[string][]string{"publicity": in.Publicity, "hr": in.HR, "monitoring": in.Monitoring, "on_call": in.OnCall} {
		for i, a := range addresses {
			if !ValidAddress(a) {
				d.fault(at("inboxes."+name, i), "%q is not a mail address such as comms@example.gov.uk", a)
			}
		}
		if len(addresses) == 0 {
			d.r.note(CouncilFile, d.line("inboxes"), "inboxes.%s is empty, so the default routes can mail nobody there", name)
		}
	}
	if in.From != "" && !ValidAddress(in.From) {
		d.fault("inboxes.from", "inboxes.from %q is not a mail address such as earshot@example.gov.uk", in.From)
	}
}

func withDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
