package judge

import (
	"slices"

	"earshot/classify/text"
	"earshot/settings"
)

// ownService is a service that the council added to those that come with the program: found by the words of its name.
type ownService struct {
	id    string
	words []string
}

// ownServices keeps the services whose ids the model does not know. A name without a telling word finds nothing.
func ownServices(in []settings.Service) []ownService {
	var out []ownService
	for _, s := range in {
		if s.ID == "" || slices.Contains(ServiceIDs, s.ID) {
			continue
		}
		o := ownService{id: s.ID}
		for _, it := range text.Parse(s.Name).Items(nil, nil) {
			if it.Kind == text.Word && !emptyServiceWords[it.Text] {
				o.words = append(o.words, it.Text)
			}
		}
		if len(o.words) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// emptyServiceWords say nothing about which service is meant.
var emptyServiceWords = map[string]bool{"and": true, "the": true, "of": true, "for": true, "service": true, "services": true, "team": true, "council": true, "office": true, "unit": true}

// own is the id of the first of the council's own services all of whose words stand in items, or empty.
func own(services []ownService, items []text.Item) string {
	for _, s := range services {
		if !slices.ContainsFunc(s.words, func(w string) bool {
			return !slices.ContainsFunc(items, func(it text.Item) bool { return it.Text == w })
		}) {
			return s.id
		}
	}
	return ""
}

// service names the service concerned: one of the council's own that is named, else the one of the highest logit; those are learnt
// together, so they compare as they are.
func (d *decision) service() {
	if d.v.Service = own(d.c.services, d.a.plain); d.v.Service != "" {
		return
	}
	best := -1
	var top float32
	for i, head := range d.c.heads.service {
		if head < 0 {
			continue
		}
		z := d.a.logits[head]
		if d.read != nil {
			z += d.read.Tags[head]
		}
		if best < 0 || z > top {
			best, top = i, z
		}
	}
	if best >= 0 {
		d.v.Service = ServiceIDs[best]
	}
}
