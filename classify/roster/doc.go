// Package roster finds the people of a council in a text: by name, handle, nickname, misspelling, title and surname, initials, or a
// first name joined to a team, desk, round or vehicle, and tells them from other people of the same name.
//
// New builds the index once, for up to 20,000 people; Find costs microseconds a mention whatever the size. The package decides who
// is meant, not what follows from it.
package roster
