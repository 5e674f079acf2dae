// Package sqlitestore is a liveness store in one SQLite file: an example of a
// backend whose data outlives it, and which has no deaths. A monitor cannot run
// on it; package mapstore is the example of that.
//
//	sqlitestore.go  the file, the transaction of each call, and its errors
//	liveness.go     what LivenessStore asks for
//	lister.go       Lister
//	batcher.go      Batcher and Pinger
//
// Every call is one transaction, and every write is synced when it returns: a
// heartbeat costs as much as the disk needs for that. One process at a time may
// have the file open. Deadlines are kept in the time of the machine, which does
// not stop while no process has the file.
//
// The store has no limit, and no cache in memory that would make heartbeats cheap.
// It cannot end a sync that hangs: on a disk that does not answer, a call outlives
// its context.
package sqlitestore
