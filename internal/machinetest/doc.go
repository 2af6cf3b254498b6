// Package machinetest gives tests what they need of the machine they run on: programs started and ended, ports, a small disk, patience with
// other processes. What a machine lacks skips the test, or fails it where nothing may be skipped. It knows nothing of Earshot.
package machinetest
