// Package reliability holds the tests that break things, and counts them for
// BOARD.md. Each of its rooms has one kind of fault:
//
//   - bolt: a file whose process is killed, whose bytes are damaged, whose disk is full or slow
//   - redis: a server that is killed and stopped, a network that is bad
//   - deaths: workspaces that die, come back and are restarted, and monitors that are killed
//   - outages: failovers, lost data, two masters, and the holds that follow
//
// Here are the tests in which all backends are compared: one trace that all answer
// alike, ids that look like something else, and goroutines that a closed store has left.
// The rooms share kit: begin there, at InRealTime.
//
// The conformance suite, power cuts, locks and fuzzed input have their tests in the
// packages that they test. Package board lists all of them.
package reliability
