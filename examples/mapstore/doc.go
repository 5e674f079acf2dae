// Package mapstore is a liveness store in a map with a mutex: an example of a
// backend that has every capability, so that the monitor runs on it. It is
// written to be read, and package memstore is the one to use.
//
//	mapstore.go      the store: what LivenessStore asks for
//	capabilities.go  Lister, Batcher, Registrar, Granter, Expirer
//	workspace.go     all that is known of one workspace
//	sweep.go         Sweep: from silence to death
//	reaper.go        the rest of driver.Reaper: claims and leases
//	reconciler.go    driver.Reconciler
//	sampler.go       driver.Sampler
//
// What is not here: a limit, so that the store is never full; an index of
// deadlines, so that each sweep and each claim looks at every workspace; durable
// data, of which package sqlitestore is the example; and a Pinger, since a map
// always answers.
//
// The memory of what has expired is given back by the sweeps.
package mapstore
