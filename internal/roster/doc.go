// Package roster is the in-memory index of liveness: the workspaces online with
// their deadlines, and the deaths that are pending. memstore is a roster and a
// cache of URLs; boltstore answers from a roster, and its file follows. redisstore is
// checked against it.
//
// Start with [Roster]. A store embeds [InMemory] and adds the methods that write URLs
// or a file.
//
//	roster.go      Roster: set, extend, remove, list
//	life.go        the deadline of one workspace, moved without a lock
//	stripe.go      a part of the lives, its lock, its deadline index
//	record.go      one workspace beside its life, and its phases
//	deaths.go      records by time: detection, ends of leases, drops
//	records.go     records by id
//	queue.go       a heap by time, whose items know their places
//	sweep.go       Sweep: the tick, graces, detection, counts
//	lease.go       Claim, Begin, Extend, Acknowledge, Release, Withdraw
//	pin.go         a change of a death that is on its way to a disk
//	reconcile.go   Adopt, Forget, the list of deaths
//	sample.go      Sample, Look
//	dump.go, restore.go
//	               the driver.Record of a workspace, written and read
//	forbidden.go   the time that does not count for a death that is kept
//	state.go       what goes on in the next process
//	in_memory.go, in_memory_reaper.go
//	               the methods of a store that write memory alone
//	gate.go        open or closed
//
// The hash table of a stripe, whose readers take no lock, is package lookup.
//
// # Walks
//
//	heartbeat     InMemory.RefreshTTL, Roster.Refresh, lookup.Table.Find, Life.refresh
//	registration  Roster.Set, stripe.findOrAdd, stripe.renew, deaths.forget
//	death         Roster.Sweep, stripe.reap, stripe.die, deaths.add, deaths.detect,
//	              then Roster.Claim, Begin and Acknowledge, each by deaths.place
//
// # Lives
//
// A heartbeat takes no lock, unless it makes a deadline earlier: it is one look into a hash
// table, one reading of the clock and one compare-and-swap. The lives are divided into stripes, each
// with a lock and a deadline index. A heartbeat does not touch the index: a time
// there is a lower bound of a deadline, corrected when it has come, so that each
// living workspace is looked at about once per TTL. A call that makes a deadline
// earlier corrects the index in the same step.
//
// # Deaths
//
// A record is everything about a workspace except its life: a death, a lease, and whether it
// is recent. A workspace that has none of these has no record. After each change, place puts
// a record into the heap of its phase:
//
//	                          Expire
//	             ┌────────────────────────────────────────┐
//	┌────────┐   │ reap   ┌────────────┐  Sweep    ┌──────▼┐  Claim   ┌────────┐
//	│ online ├───┴──────▶ │ undetected ├─────────▶ │ ready ├────────▶ │ leased ├──▶ Acknowledge,
//	└────▲───┘            └────────────┘           └─▲──▲──┘          └─┬───┬──┘    Withdraw
//	     │                                           │  └──lease ends───┘   │
//	     └─ SetOnline, from every phase    delay ends│   ┌─────────┐        │ Release
//	                                                 └───┤ delayed ◀────────┘
//	                                                     └────▲────┘
//	                                                          │ Adopt
//
//	undetected   a death is pending, and no sweep has detected it
//	ready        a detected death is pending, its time has come, and no lease lasts
//	leased       a lease lasts, or the death is pinned; a death may be pending or not
//	delayed      a detected death is pending, its time has not come, and no lease lasts
//	no phase     the workspace is recent (R8), or the record is removed
//
// A lease is on the workspace. If the death of a leased record ends because the
// workspace came back or was cleared, the lease outlives it, and the record
// stays leased, without a death. A later death of that workspace joins the
// record; it may be undetected and leased at once, and is ready when the lease
// has ended.
//
// Two more heaps cut across the phases: one by when a workspace is no longer recent,
// one by when a death that was never handed out is dropped.
//
// A caller that needs the lock of a stripe and that of the deaths takes them in
// this order. Under one lock a call handles perLock deaths at most, or lists
// one of stripeCount parts of them.
package roster
