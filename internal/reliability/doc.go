// Package reliability holds the tests that break things: processes that are
// killed, files that are damaged, disks that are full. They are tests only.
//
// Most stories are told in real time: inRealTime tells one again if it failed
// while the machine did not keep up, and not if the machine did.
//
// A test that needs a process to kill runs the test binary again, with an
// environment variable that makes the same test play the victim.
package reliability
