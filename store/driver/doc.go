// Package driver is for authors of backends and of wrappers: the checks with
// which every method begins, and the capabilities that package monitor drives.
// Callers of a store want packages store and monitor.
//
// Start with [Reaper]. A Reaper detects deaths and leases them out; it is all
// that a monitor needs. [Sampler] lets a monitor weigh the evidence before it
// hands a death out, [Reconciler] compares the store with its owner's list, and
// [Discoverer] is for data that other programs write as well. With a [Restorer]
// the data can be carried to another store. All are found through wrappers, by
// [store.As].
//
//	reaper.go      Reaper, what a sweep and a claim are told and return
//	death.go       Death, the standing of a lease
//	traits.go      Traits, and the rule for graces as a function
//	sampler.go     Sampler
//	reconciler.go  Reconciler, pending deaths
//	discoverer.go  Discoverer
//	restorer.go    Restorer, records
//	check.go       the first line of every method
//	check_reaper.go, check_record.go
//	               the checks of other arguments
//	errors.go      errors of a backend
//
// # From silence to death
//
//	                          Expire
//	             ┌─────────────────────────────┐
//	┌────────┐   │ the deadline passes,   ┌────▼──┐  Claim   ┌────────┐  Begin
//	│ online ├───┴──────────────────────▶ │ ready ├────────▶ │ leased ├────────▶ handed out
//	└────▲───┘     Sweep                  └─▲──▲──┘          └─┬──┬───┘
//	     │                                  │  └──lease ends───┘  │
//	     └─ SetOnline             delay ends│    ┌─────────┐      │ Release
//	                                        └────┤ delayed ◀──────┘
//	                                             └────▲────┘
//	                                                  │ Adopt
//
// Begin counts an attempt and leaves the death leased. Acknowledge and Withdraw end a
// leased death. SetOnline and Clear end a death in every state, but not a lease. A lease
// is on the workspace, not on the silence: it outlives a comeback, and while it lasts no
// later death of the workspace is handed out.
//
// # The contract of a Reaper and its capabilities
//
// R1. A Sweep detects workspaces of its shard whose deadline has passed, and
// none other. If a bounded number did not suffice, Next is 0, and a later Sweep
// detects the others. Otherwise it has detected all, and Next says when to look
// again: until then no deadline passes, no lease and no delay ends, unless a
// later call makes one earlier.
//
// R2. Claim leases a ready death to one caller at a time, with a token greater
// than any before in its shard. Deaths by Expire come first, then the one that
// has been ready for the longest time. A death is ready from its deadline on,
// and again when its lease has ended or its delay has passed, until it is
// acknowledged or withdrawn. A claim may lease fewer deaths than it is allowed,
// but at least one if one is ready, unless it ends because of
// ClaimOptions.Before.
//
// R3. Begin, Extend, Acknowledge, Release and Withdraw have effect only for the
// present holder: the one with the last token. It stays the holder when its lease
// has ended, unless its death has ended as well (R4). For everyone else they report
// Lost or false.
//
// R4. A workspace that is online again, or was cleared, has no death. A lease
// on it goes on until it is acknowledged, released, withdrawn or has ended, and
// is lost then. Until then Begin and Extend report CameBack, no later death of
// the workspace is handed out, and no call of the holder changes one. Its next
// silence is a new death, with attempt 1.
//
// R5. Deaths are as durable as lives, also those by Adopt until they are due,
// with their attempts. Where the data is of one process, leases, delays by
// Release, the record of recent workspaces (R8) and Returned may end with the
// store. A death that was never handed out is kept for the time that the store
// was configured with, 24 h by default, or until the store is over a limit on
// deaths that it was configured with. Then later calls drop it, unless it is
// leased, and count it, with bounded work in each call. Its URLs stay. Only time
// in which it could be handed out counts: not a grace, not the delay of an
// adopted death, not the time between a sweep that says Forbidden and the sweep
// before it, and of a time without a sweep no more than patience (R6). Where no
// sweep came for as long as deaths are kept, a store may drop the deaths of
// workspaces that it knows to have been offline for as long.
//
// R6. Nothing is leased during a grace, and a store may lease nothing before its
// first sweep since it was opened. A grace begins with a sweep before which
// there was no tick for g > patience, and lasts min(g + heartbeat, TTL), where
// TTL is TTLs.Liveness, heartbeat is TTLs.Heartbeat or TTL/6, interval is
// SweepOptions.Interval, and patience is the least of max(3 s, 3 intervals),
// TTL/2 and TTL - 2 heartbeats. It lasts one TTL where there is no tick, the
// last tick lies in the future, or a monitor has seen a later one. Its end is
// kept in the data; a gap during a grace extends it by that gap, and to no less
// than min(patience + heartbeat, TTL) from then. No grace lasts longer than one
// TTL, and the TTL of a single workspace does not lengthen it.
//
// R7. Adopt makes a delayed death, ready at the given time, of each workspace
// that at the time of the call is not online and has no death, detected or not. It reports
// the workspaces that were acknowledged within the last TTLs.Liveness and
// leaves them alone. Forget forgets workspaces that are not online, not leased
// and not recent (R8), and whose death was never handed out. Neither touches a
// workspace that is heard from.
//
// R8. The counts of a Sweep agree with what Claim would lease. A workspace is
// recent from the time when its death is handed out until one TTLs.Liveness
// after that or after the death is acknowledged, unless it comes back, which
// adds one to Returned, or is cleared. It comes back by SetOnline, by Register,
// or by a heartbeat that a sweep notices when the deadline that SetOnlineFor or
// Withdraw gave has passed; these two alone are no comeback in this sense.
//
// R9. Time is that of the clock of the store; clocks of callers do not matter. A
// time in the kept data that lies further ahead than any call could put it counts as
// now.
//
// R10. Dump yields each workspace that is online throughout the loop, has a
// pending death throughout, detected or not, or a cached URL throughout, exactly
// once, and any other at most once. A record is of one moment, and its times
// count from the moment when it is yielded. A lease is given as a delay: its
// holder may be at work until the lease ends, but the store that restores the
// record knows no holder. Dump changes nothing.
//
// R11. Each record is restored in one step, and one that is restored again
// changes nothing. A life makes a workspace that is offline online for
// Remaining, as by SetOnlineFor; it lengthens a shorter life and shortens none.
// A death is pending at once, detected, and kept from then on (R5). It is left
// out where the workspace is online or recent, or has a death that was handed
// out, is leased, or has no earlier Deadline. A death by Adopt is left out where
// the workspace has any death. A URL is cached until it has no time remaining,
// unless one of its kind is cached for longer. Where the workspace is offline
// and its death was handed out, URLs are restored only with a life. Recent
// workspaces, ticks, graces, notes and counts are not restored.
package driver
