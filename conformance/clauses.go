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

		"R1": "A Sweep finds every workspace of its shard whose deadline has passed, and none other. It says when " +
			"to look again, and no deadline passes before.",
		"R2": "Claim hands a death to one caller at a time, with a token greater than any before. It is handed out " +
			"again when its lease has ended or the time has come for which it was put back, and until it is " +
			"acknowledged.",
		"R3": "Extend, Acknowledge and PutBack have effect only for the present holder: the one with the last " +
			"token, whether or not its lease has ended.",
		"R4": "A workspace that is online again, or was cleared, has no death: it is not handed out, and Extend, " +
			"Acknowledge and PutBack report false. Its next silence is a new death, with attempt 1.",
		"R5": "Deaths outlive what the store outlives. One that nobody has claimed is kept for the time that the " +
			"store was configured with, 24 h by default; then it is dropped by later calls, bounded work each, " +
			"and counted.",
		"R6": "Nothing is handed out during a grace. A grace begins when there was no tick for g > max(3 s, 3 " +
			"intervals), and lasts min(g + heartbeat, TTL), where heartbeat is TTLs.Heartbeat or TTL/6, and TTL " +
			"the longest in use. It lasts one TTL where there is no tick, the last tick lies in the future, or a " +
			"monitor has seen a later one. Its end is kept in the data; a gap during a grace extends it by that " +
			"gap, and to no less than min(max(3 s, 3 intervals) + heartbeat, TTL) from then.",
		"R7": "Adopt makes a death, at the end of the grace, of each workspace that is neither online nor tracked " +
			"by then. Disown forgets what is not online. What is heard from is touched by neither.",
		"R8": "A death is late from its detection until the workspace comes back or is forgotten, for at most one " +
			"TTL after its deadline or, if it was detected during a grace, after the end of that. It stays late " +
			"when it is acknowledged, unless the store is closed. The other counts of a Sweep agree with what " +
			"Claim would hand out.",
		"R9": "Time is the clock of the store. Clocks of callers do not matter.",

		"Reaper": "Every method is one atomic step in the data, judged by the clock of the store, so that any " +
			"number of monitors may work on one store.",
		"Deaths": "Deaths yields the unacknowledged deaths of a shard, held or not, as Lister.Online yields what " +
			"is online. Only a holder's have a Token.",
		"Note": "Note keeps a small text for the monitors of a shard, \"\" at first, of at most MaxNoteLen bytes. " +
			"If the note is old, it becomes new. The note as it then is is returned.",
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
