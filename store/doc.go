// Package store defines the promises of a liveness store: which workspaces are
// online, and where each can be reached.
//
// A platform runs each agent in a container, called a workspace. A workspace is heard from
// every 30 s; one that has not been heard from for its liveness TTL, 180 s by
// default, is offline. Two URLs of each workspace, one public and one internal
// to the container network, are cached for the URL TTL, 5 min by default.
//
// [LivenessStore] is the interface, [Heartbeat] is how to call it, and the
// clauses below are the contract that every backend keeps. The package
// conformance checks any backend against them, clause by clause.
//
//	store.go      LivenessStore
//	heartbeat.go  Heartbeat
//	ttls.go       for how long things live
//	check.go      which ids and URLs are legal
//	errors.go     what a method returns when it fails
//	lister.go, batcher.go, registrar.go, granter.go, expirer.go, pinger.go
//	              capabilities, each with its functions
//	unwrap.go     capabilities through wrappers
//
// A death is a silence that outlasted its deadline. A monitor leases it and hands it out to
// a handler; package driver has its states.
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
// not extend it. Caching again replaces it and starts anew. A read returns the
// stored URL, even if CheckURL would refuse one that another program has stored.
// When a death is handed out for the first time, and not before, the URLs of its
// workspace that were cached by then are forgotten; one that is cached later stays.
//
// C4. Liveness, URL and internal URL live and expire independently.
//
// C5. Clear forgets all three in one atomic step, and nothing of others.
// Clearing an unknown workspace succeeds. A cleared workspace is never reported
// as a death. A SetOnline after Clear begins a new life.
//
// C6. Any id that CheckID accepts works and never meets another id. One that
// it rejects (empty, over 256 bytes, not UTF-8, a colon, white space or a
// control character) is ErrInvalid before any backend is touched. So is a URL
// that CheckURL rejects (empty, over 2048 bytes, not absolute with scheme and
// host, a control character).
//
// C7. A context that is done returns its error; no call outlives its context
// by more than a moment (50 ms). A call whose context is done before its command was
// sent has no effect; after that its effect is "maybe".
//
// C8. Not knowing is not offline: a backend that cannot answer returns
// ErrUnavailable, never (false, nil) and never ErrNotFound.
//
// C9. Every method may be called from any number of goroutines; per workspace
// the operations are linearizable, also those of several stores over the same
// data.
//
// C10. After Close every method but Close returns ErrClosed; Close again
// returns nil; calls in flight finish or return ErrClosed; Close waits for the
// goroutines of the store and leaves none.
//
// C11. A live workspace is never forgotten to make room: a store at its
// configured limit (or Redis refusing a write for want of memory) answers
// ErrFull; a full or failing disk is ErrUnavailable. The dead never count
// towards the limit. URL caches may be evicted, least recently used first.
//
// C12. TTLs.For decides the liveness TTL of each workspace at each SetOnline
// and RefreshTTL. A store that is opened with other TTLs grants these from then;
// deadlines stay as they were granted.
//
// C13. SetOnlineFor and RefreshFor grant the TTL of the call, once: the next
// SetOnline or RefreshTTL grants the usual TTL again, even if the workspace is
// then offline earlier. A TTL below 1 ms or above 365 days is ErrInvalid, and
// nothing changes.
//
// C14. Expire makes an online workspace offline at once. It has one death, which
// is ready in the same step, handed out like any other, and before those that
// are found by silence. URLs stay until it is handed out. Expiring a workspace
// that is not online succeeds and changes nothing.
//
// # Where clauses meet
//
// Where several errors apply, ErrInvalid comes first, then the context's
// error, then ErrClosed. A long list is checked in parts, each in this order.
//
// Expiry is half-open and judged when it is asked about: a workspace is online
// while now is before its deadline. A backend may be coarser than that by its
// grain, for Redis a millisecond, and nothing is promised closer to a deadline
// than the grain.
//
// A store over a server keeps the clauses for the data that the server kept. If
// the server lost writes that it had acknowledged, or its clock jumped in a
// failover, a workspace is offline until its next [Heartbeat].
//
// # Capabilities
//
// A store may do more than [LivenessStore] asks: [Lister], [Batcher],
// [Registrar], [Granter], [Expirer] and [Pinger] each come with functions that
// use the capability where the store has it, and a fallback or an error that
// unwraps to [errors.ErrUnsupported] where it has not. All are found through
// wrappers, by [As]. Authors of backends and wrappers find what else there is
// in package driver.
package store
