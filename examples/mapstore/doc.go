// Package mapstore is a liveness store in a map with a mutex: an example of a
// backend that has nearly every capability, so that the monitor runs on it. It is
// written to be read, and package memstore is the one to use.
//
//	mapstore.go      the store: what LivenessStore asks for
//	capabilities.go  Lister, Batcher, Registrar, Granter, Expirer
//	workspace.go     the record of one workspace
//	sweep.go         Sweep: from silence to death
//	reaper.go        the rest of driver.Reaper: claims and leases
//	reconciler.go    driver.Reconciler
//	sampler.go       driver.Sampler
//	restorer.go      driver.Restorer
//
// The store has no limit, so that it is never full. It has no index of deadlines,
// so that each sweep and each claim looks at every workspace. Its data is not
// durable: package sqlitestore is the example of that. It is no Pinger, since a map
// always answers.
//
// Sweeps give back the memory of expired workspaces and URLs.
package mapstore
