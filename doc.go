// Package liveness is the front page of a module that tells a platform of containers,
// called workspaces, which of them are online, where each can be reached, and which
// just died. It has no code.
//
// A platform imports two or three of these packages:
//
//	store      the interface, the contract of every backend, Heartbeat, Register, Lookup
//	memstore   a store in memory, for development and tests
//	boltstore  a store in one file, for a single node
//	redisstore a store on Redis, for many processes
//	backends   opens any of them by its URL
//	monitor    hands each death to one handler, and leaves the living alone
//
// Start with the contract in the package comment of store and with [store.Heartbeat].
// The examples of package backends wire a store and a monitor into a service.
//
// Authors of other backends start with docs/backend.md:
//
//	store/driver           what a backend implements for the monitor
//	conformance            checks a backend against the contract, clause by clause
//	conformance/monitored  checks it under the real monitor
//
// The command liveness, in cmd/liveness, shows and changes what is in a store, and
// replays the incident for which all this was written: liveness simulate.
//
// In the directory docs:
//
//	guarantees.md  the promises, and the attempts to break them
//	operations.md  settings, alerts, and what to do when one goes off
//	upgrading.md   from code that uses Redis by hand
//	backend.md     a backend in an evening
//	metrics.md     OpenTelemetry, by the module observe
//	pictures.md    restarts while heartbeats do not arrive
//
// [store.Heartbeat]: https://pkg.go.dev/github.com/molecule-ai/liveness/store#Heartbeat
package liveness
