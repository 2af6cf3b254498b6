package web

import "earshot/casework"

// Routes is the table of routes for tests: method, pattern, whether it is for everybody, and the roles it admits.
func Routes() (out []RouteForTest) {
	for _, r := range routes {
		out = append(out, RouteForTest{r.method, r.pattern, r.who.open, r.who.roles, r.api})
	}
	return out
}

// RouteForTest is one line of the table of routes.
type RouteForTest struct {
	Method, Pattern string
	Open            bool
	Roles           []casework.Role
	API             bool
}

// LocalPath is localPath.
var LocalPath = localPath
