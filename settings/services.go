package settings

import "slices"

// DefaultServices returns the services that come with the program, in the order in which pages list them.
func DefaultServices() []Service {
	return []Service{
		{ID: "waste", Name: "Waste and recycling"},
		{ID: "roads", Name: "Roads and pavements"},
		{ID: "housing", Name: "Housing"},
		{ID: "planning", Name: "Planning"},
		{ID: "parking", Name: "Parking"},
		{ID: "council_tax", Name: "Council tax"},
		{ID: "benefits", Name: "Benefits"},
		{ID: "social_care", Name: "Social care"},
		{ID: "education", Name: "Education"},
		{ID: "libraries", Name: "Libraries"},
		{ID: "leisure", Name: "Leisure"},
		{ID: "parks", Name: "Parks and open spaces"},
		{ID: "licensing", Name: "Licensing"},
		{ID: "environment", Name: "Environmental health"},
		{ID: "elections", Name: "Elections"},
		{ID: "democracy", Name: "Democratic services"},
		{ID: "customer_services", Name: "Customer services"},
		{ID: "other", Name: "Other"},
	}
}

// readServices returns the services that come with the program, each as services.csv changes it, then the council's own.
func readServices(b []byte, r *report) []Service {
	out := DefaultServices()
	seen := once{}
	for _, row := range readCSV(ServicesFile, b, serviceColumns, []string{"id"}, r) {
		s := Service{ID: row.get("id"), Name: row.get("name"), ManagerEmail: row.get("manager_email"), Extra: row.extra}
		checkID(ServicesFile, row.line, s.ID, r)
		checkAddress(ServicesFile, row.line, "manager_email", s.ManagerEmail, r)
		if seen.again(ServicesFile, "service", s.ID, row.line, r) {
			continue
		}
		i := slices.IndexFunc(out, func(d Service) bool { return d.ID == s.ID })
		if i < 0 {
			if s.Name == "" {
				r.fault(ServicesFile, row.line, "service %s has no name", s.ID)
			}
			if near := Nearest(s.ID, serviceIDs(DefaultServices())); near != "" {
				r.note(ServicesFile, row.line, "service %q is new; if it was meant to be %s, write that", s.ID, near)
			}
			out = append(out, s)
			continue
		}
		if s.Name == "" {
			s.Name = out[i].Name
		}
		out[i] = s
	}
	return out
}

func serviceIDs(ss []Service) []string {
	ids := make([]string, len(ss))
	for i, s := range ss {
		ids[i] = s.ID
	}
	return ids
}

// Service returns the service with the given id.
func (f *Folder) Service(id string) (Service, bool) {
	i := slices.IndexFunc(f.Services, func(s Service) bool { return s.ID == id })
	if i < 0 {
		return Service{}, false
	}
	return f.Services[i], true
}
