// Package store defines what a liveness store promises: who is online, and
// where each can be reached.
//
// A platform runs agents in containers, called workspaces. Each is heard from
// every 30 s; one that has not been heard from for its liveness TTL, 180 s by
// default, is offline. Two URLs of each workspace, one public and one internal
// to the container network, are cached for the URL TTL, 5 min by default.
//
// [LivenessStore] is the interface, [Heartbeat] is how to call it, and the
// clauses below are the contract that every backend keeps. The package
// conformance checks any backend against them, clause by clause.
//
// # The contract
//
// C1. A workspace is online from SetOnline until its liveness TTL has passed
// without another SetOnline or RefreshTTL. One that was never set is offline,
// without error.
//
// C2. RefreshTTL gives an online workspace a full TTL from now. It never
// brings one back: not online is ErrNotFound, and nothing changes.
//
// C3. A cached URL is readable until the URL TTL has passed since it was
// cached, or until it was evicted (C11); then it is ErrNotFound. Reading does
// not extend it. Caching again replaces it and starts anew. A read returns
// what is stored, even if CheckURL would refuse it.
//
// C4. Liveness, URL and internal URL live and expire independently.
//
// C5. Clear forgets all three in one atomic step, and nothing of others.
// Clearing an unknown workspace succeeds. What was cleared is never reported
// as a death. A SetOnline after Clear begins a new life.
//
// C6. Any id that CheckID accepts works and never meets another id. One that
// it rejects (empty, over 256 bytes, not UTF-8, a colon, white space or a
// control character) is ErrInvalid before any backend is touched. So is a URL
// that CheckURL rejects (empty, over 2048 bytes, not absolute with scheme and
// host, a control character).
//
// C7. A context that is done returns its error; no call outlives its context
// by more than a moment (50 ms). A call that is done before its command was
// sent has no effect; after that its effect is "maybe".
//
// C8. Not knowing is not offline: a backend that cannot answer returns
// ErrUnavailable, never (false, nil) and never ErrNotFound.
//
// C9. Every method may be called from any number of goroutines; per workspace
// the operations are linearizable.
//
// C10. After Close every method but Close returns ErrClosed; Close again
// returns nil; calls in flight finish or return ErrClosed; Close waits for
// what the store started and leaves no goroutine.
//
// C11. A live workspace is never forgotten to make room: a store at its
// configured limit (or Redis refusing a write for want of memory) answers
// ErrFull; a full or failing disk is ErrUnavailable. The dead never count
// towards the limit. URL caches may be evicted, least recently used first.
//
// C12. TTLs.For decides the liveness TTL of each workspace at each SetOnline
// and RefreshTTL.
//
// # Where clauses meet
//
// Where several errors apply, ErrInvalid comes first, then the context's
// error, then ErrClosed.
//
// Expiry is half-open and judged when it is asked about: a workspace is online
// while now is before its deadline. A backend may be coarser than that by its
// grain, for Redis a millisecond, and nothing is promised closer to a deadline
// than the grain.
//
// A store over a server keeps the clauses for what the server kept. If the
// server lost writes that it had acknowledged, or its clock jumped in a
// failover, a workspace is offline until its next [Heartbeat].
//
// # Capabilities
//
// A store may do more than [LivenessStore] asks: [Lister], [Batcher] and
// [Pinger] each come with functions that use the capability where the store
// has it and a fallback where it has not. [Reaper] is what the package monitor
// needs and has no fallback; a Reaper whose data others write to as well is also
// a [Discoverer]. All are found through wrappers, by [As].
//
// # The contract of a Reaper
//
// R1. A Sweep finds every workspace of its shard whose deadline has passed,
// and none other. It says when to look again, and no deadline passes before.
//
// R2. Claim hands a death to one caller at a time, with a token greater than
// any before. It is handed out again when its lease has ended or the time has
// come for which it was put back, and until it is acknowledged.
//
// R3. Extend, Acknowledge and PutBack have effect only for the present holder:
// the one with the last token, whether or not its lease has ended.
//
// R4. A workspace that is online again, or was cleared, has no death: it is
// not handed out, and Extend, Acknowledge and PutBack report false. Its next
// silence is a new death, with attempt 1.
//
// R5. Deaths outlive what the store outlives. One that nobody has claimed is
// kept for the time that the store was configured with, 24 h by default; then
// it is dropped by later calls, bounded work each, and counted.
//
// R6. Nothing is handed out during a grace. A grace begins when there was no
// tick for g > max(3 s, 3 intervals), and lasts min(g + heartbeat, TTL), where
// heartbeat is TTLs.Heartbeat or TTL/6, and TTL the longest in use. It lasts
// one TTL where there is no tick, the last tick lies in the future, or a
// monitor has seen a later one. Its end is kept in the data; a gap during a
// grace extends it by that gap, and to no less than
// min(max(3 s, 3 intervals) + heartbeat, TTL) from then.
//
// R7. Adopt makes a death, at the end of the grace, of each workspace that is
// neither online nor tracked by then. Disown forgets what is not online. What
// is heard from is touched by neither.
//
// R8. A death is late from its detection until the workspace comes back or is
// forgotten, for at most one TTL after its deadline or, if it was detected
// during a grace, after the end of that. It stays late when it is acknowledged,
// unless the store is closed. The other counts of a Sweep agree with what Claim
// would hand out.
//
// R9. Time is the clock of the store. Clocks of callers do not matter.
package store
