package conformance

// clauses returns the text of each clause, as package store states it.
func clauses() map[string]string {
	return map[string]string{
		"C1": "A workspace is online from SetOnline until its liveness TTL has passed " +
			"without another SetOnline or RefreshTTL. One that was never set is offline, without error.",
		"C2": "RefreshTTL gives an online workspace a full TTL from now. It never brings one back: " +
			"not online is ErrNotFound, and nothing changes.",
		"C3": "A cached URL is readable until the URL TTL has passed since it was cached, or until it was " +
			"evicted (C11); then it is ErrNotFound. Reading does not extend it. Caching again replaces it and " +
			"starts anew. A read returns what is stored, even if CheckURL would refuse it.",
		"C4": "Liveness, URL and internal URL live and expire independently.",
		"C5": "Clear forgets all three in one atomic step, and nothing of others. Clearing an unknown workspace " +
			"succeeds. What was cleared is never reported as a death. A SetOnline after Clear begins a new life.",
		"C6": "Any id that CheckID accepts works and never meets another id. One that it rejects (empty, over " +
			"256 bytes, not UTF-8, a colon, white space or a control character) is ErrInvalid before any backend " +
			"is touched. So is a URL that CheckURL rejects (empty, over 2048 bytes, not absolute with scheme and " +
			"host, a control character).",
		"C7": "A context that is done returns its error; no call outlives its context by more than a moment " +
			"(50 ms). A call that is done before its command was sent has no effect; after that its effect is " +
			"\"maybe\".",
		"C8": "Not knowing is not offline: a backend that cannot answer returns ErrUnavailable, never " +
			"(false, nil) and never ErrNotFound.",
		"C9": "Every method may be called from any number of goroutines; per workspace the operations are " +
			"linearizable.",
		"C10": "After Close every method but Close returns ErrClosed; Close again returns nil; calls in flight " +
			"finish or return ErrClosed; Close waits for what the store started and leaves no goroutine.",
		"C11": "A live workspace is never forgotten to make room: a store at its configured limit (or Redis " +
			"refusing a write for want of memory) answers ErrFull; a full or failing disk is ErrUnavailable. The " +
			"dead never count towards the limit. URL caches may be evicted, least recently used first.",
		"C12": "TTLs.For decides the liveness TTL of each workspace at each SetOnline and RefreshTTL.",

		"Lister": "Online yields each workspace that is online throughout the loop exactly once, in no order, and " +
			"one that comes or goes meanwhile at most once. No lock and no transaction is held while the body of " +
			"the loop runs: it may call any method of the store, Close included. An error is the last item, with " +
			"a zero Status.",
		"Batcher": "The answers stand in the order of the ids. An id may occur more than once, and an empty list " +
			"succeeds. One illegal id fails the whole call with ErrInvalid, naming the id, before anything is " +
			"done. A call is not atomic across ids: after any other error the slice is nil and any of the ids may " +
			"have been handled.",
		"Pinger": "Ping returns nil if the backend can serve calls now. It returns ErrUnavailable if the backend " +
			"does not answer.",
	}
}
