// Package fetch makes the HTTP client through which every connector reads: it reaches public addresses only, unless the settings allow a
// private one by name, follows few redirects, and says who it is.
//
// The guard stands where a connection is opened, after the name was resolved, so that neither a redirect nor a name that changes its
// address between two questions leads inside. It looks through the IPv6 forms that carry an IPv4 address (mapped, 6to4, NAT64,
// Teredo). A proxy from the environment is not used: behind it the guard would be blind.
package fetch
