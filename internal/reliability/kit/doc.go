// Package kit holds the helpers that the rooms of package reliability share.
//
// A story is a test in real time. InRealTime repeats one that failed while the machine was
// late. A failure on a machine that kept up stands; see machine.go. A story is told on
// one backend or on each: backend.go. Its workspaces are a Pulse, which is heard from until
// it is stopped; its monitors enter each call of their handlers in a Book. A test
// that needs a process to kill runs the test binary again, and plays the victim there: victim.go.
//
//	main.go     the TestMain of each room
//	machine.go  how much of a delay is the machine's
//	backend.go  where a story is told: memory, a file, a server, a Cluster
//	pulse.go    workspaces that are heard from
//	monitor.go  monitors over a store, and what they have not handed out
//	book.go     the calls of handlers
//	victim.go   a process that can be killed
//	many.go     many ids, many callers and their errors
package kit
