// Package sourcestest holds what every connector's test needs: the suite Run, a scripted Platform that misbehaves on demand, memory
// stores for a Supervisor, and real servers (WordPress, a Bluesky network) in its subfolders.
package sourcestest
