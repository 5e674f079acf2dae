package conformance

// clauses returns the text of each clause, as packages store and driver state it.
func clauses() map[string]string {
	return map[string]string{
		"C1": "A workspace is online from SetOnline until its liveness TTL has passed without another SetOnline or " +
			"RefreshTTL. One that was never set is offline, without error.",
		"C2": "RefreshTTL gives an online workspace a full TTL from now. It never brings one back: not online is " +
			"ErrNotFound, and nothing changes.",
		"C3": "A cached URL is readable until the URL TTL has passed since it was cached, or until it was " +
			"evicted (C11); then it is ErrNotFound. Reading does not extend it. Caching again replaces it " +
			"and starts anew. A read returns the stored URL, even if CheckURL would refuse one that " +
			"another program has stored. When a death is handed out for the first time, and not before, " +
			"the URLs of its workspace that were cached by then are forgotten; one that is cached later " +
			"stays.",
		"C4": "Liveness, URL and internal URL live and expire independently.",
		"C5": "Clear forgets all three in one atomic step, and nothing of others. Clearing an unknown workspace " +
			"succeeds. A cleared workspace is never reported as a death. A SetOnline after Clear begins a new life.",
		"C6": "Any id that CheckID accepts works and never meets another id. One that it rejects (empty, over 256 " +
			"bytes, not UTF-8, a colon, white space or a control character) is ErrInvalid before any backend is " +
			"touched. So is a URL that CheckURL rejects (empty, over 2048 bytes, not absolute with scheme and " +
			"host, a control character).",
		"C7": "A context that is done returns its error; no call outlives its context by more than a moment " +
			"(50 ms). A call whose context is done before its command was sent has no effect; after that " +
			"its effect is \"maybe\".",
		"C8": "Not knowing is not offline: a backend that cannot answer returns ErrUnavailable, never (false, nil) " +
			"and never ErrNotFound.",
		"C9": "Every method may be called from any number of goroutines; per workspace the operations are " +
			"linearizable, also those of several stores over the same data.",
		"C10": "After Close every method but Close returns ErrClosed; Close again returns nil; calls in flight " +
			"finish or return ErrClosed; Close waits for the goroutines of the store and leaves none.",
		"C11": "A live workspace is never forgotten to make room: a store at its configured limit (or Redis refusing " +
			"a write for want of memory) answers ErrFull; a full or failing disk is ErrUnavailable. The dead " +
			"never count towards the limit. URL caches may be evicted, least recently used first.",
		"C12": "TTLs.For decides the liveness TTL of each workspace at each SetOnline and RefreshTTL. A store " +
			"that is opened with other TTLs grants these from then; deadlines stay as they were granted.",
		"C13": "SetOnlineFor and RefreshFor grant the TTL of the call, once: the next SetOnline or RefreshTTL grants " +
			"the usual TTL again, even if the workspace is then offline earlier. A TTL below 1 ms or above 365 " +
			"days is ErrInvalid, and nothing changes.",
		"C14": "Expire makes an online workspace offline at once. It has one death, which is ready in the same step, " +
			"handed out like any other, and before those that are found by silence. URLs stay until it is handed " +
			"out. Expiring a workspace that is not online succeeds and changes nothing.",

		"R1": "A Sweep detects workspaces of its shard whose deadline has passed, and none other. If a bounded " +
			"number did not suffice, Next is 0, and a later Sweep detects the others. Otherwise it has detected " +
			"all, and Next says when to look again: until then no deadline passes, no lease and no delay ends, " +
			"unless a later call makes one earlier.",
		"R2": "Claim leases a ready death to one caller at a time, with a token greater than any before in its " +
			"shard. Deaths by Expire come first, then the one that has been ready for the longest time. A death " +
			"is ready from its deadline on, and again when its lease has ended or its delay has passed, until it " +
			"is acknowledged or withdrawn. A claim may lease fewer deaths than it is allowed, but at least one if " +
			"one is ready, unless it ends because of ClaimOptions.Before.",
		"R3": "Begin, Extend, Acknowledge, Release and Withdraw have effect only for the present holder: the " +
			"one with the last token. It stays the holder when its lease has ended, unless its death has " +
			"ended as well (R4). For everyone else they report Lost or false.",
		"R4": "A workspace that is online again, or was cleared, has no death. A lease on it goes on until it is " +
			"acknowledged, released, withdrawn or has ended, and is lost then. Until then Begin and Extend report " +
			"CameBack, no later death of the workspace is handed out, and no call of the holder changes one. Its next " +
			"silence is a new death, with attempt 1.",
		"R5": "Deaths are as durable as lives, also those by Adopt until they are due, with their attempts. Where " +
			"the data is of one process, leases, delays by Release, the record of recent workspaces (R8) and " +
			"Returned may end with the store. A death that was never handed out is kept for the time that the " +
			"store was configured with, 24 h by default, or until the store is over a limit on deaths that it was " +
			"configured with. Then later calls drop it, unless it is leased, and count it, with bounded work in " +
			"each call. Its URLs stay. Only time in which it could be handed out counts: not a grace, not the " +
			"delay of an adopted death, not the time between a sweep that says Forbidden and the sweep before it, " +
			"and of a time without a sweep no more than patience (R6). Where no sweep came for as long as deaths " +
			"are kept, a store may drop the deaths of workspaces that it knows to have been offline for as long.",
		"R6": "Nothing is leased during a grace, and a store may lease nothing before its first sweep since it was " +
			"opened. A grace begins with a sweep before which there was no tick for g > patience, and lasts min(g " +
			"+ heartbeat, TTL), where TTL is TTLs.Liveness, heartbeat is TTLs.Heartbeat or TTL/6, interval is " +
			"SweepOptions.Interval, and patience is the least of max(3 s, 3 intervals), TTL/2 and TTL - 2 " +
			"heartbeats. It lasts one TTL where there is no tick, the last tick lies in the future, or a monitor " +
			"has seen a later one. Its end is kept in the data; a gap during a grace extends it by that gap, and " +
			"to no less than min(patience + heartbeat, TTL) from then. No grace lasts longer than one TTL, and " +
			"the TTL of a single workspace does not lengthen it.",
		"R7": "Adopt makes a delayed death, ready at the given time, of each workspace that at the time of " +
			"the call is not online and has no death, detected or not. It reports the workspaces that " +
			"were acknowledged within the last TTLs.Liveness and leaves them alone. Forget forgets " +
			"workspaces that are not online, not leased and not recent (R8), and whose death was never " +
			"handed out. Neither touches a workspace that is heard from.",
		"R8": "The counts of a Sweep agree with what Claim would lease. A workspace is recent from the time when " +
			"its death is handed out until one TTLs.Liveness after that or after the death is acknowledged, unless it " +
			"comes back, which adds one to Returned, or is cleared. It comes back by SetOnline, by Register, or by a " +
			"heartbeat that a sweep notices when the deadline that SetOnlineFor or Withdraw gave has passed; these " +
			"two alone are no comeback in this sense.",
		"R9": "Time is that of the clock of the store; clocks of callers do not matter. A time in the kept " +
			"data that lies further ahead than any call could put it counts as now.",
		"R10": "Dump yields each workspace that is online throughout the loop, has a pending death throughout, " +
			"detected or not, or a cached URL throughout, exactly once, and any other at most once. A record is " +
			"of one moment, and its times count from the moment when it is yielded. A lease is given as a delay: " +
			"its holder may be at work until the lease ends, but the store that restores the record knows no " +
			"holder. Dump changes nothing.",
		"R11": "Each record is restored in one step, and one that is restored again changes nothing. A life makes a " +
			"workspace that is offline online for Remaining, as by SetOnlineFor; it lengthens a shorter life and " +
			"shortens none. A death is pending at once, detected, and kept from then on (R5). It is left out " +
			"where the workspace is online or recent, or has a death that was handed out, is leased, or has no " +
			"earlier Deadline. A death by Adopt is left out where the workspace has any death. A URL is cached " +
			"until it has no time remaining, unless one of its kind is cached for longer. Where the workspace is " +
			"offline and its death was handed out, URLs are restored only with a life. Recent workspaces, ticks, " +
			"graces, notes and counts are not restored.",

		"Reaper": "Every change of one death is one atomic step in the data, judged by the clock of the store, so that " +
			"any number of monitors may work on one store. Sweep, Claim and Extend may take several steps for many deaths.",
		"Withdraw": "Withdraw ends the lease because the workspace was found alive by other means than a " +
			"heartbeat. A workspace whose death the caller holds is online for its TTL from now, as by SetOnline, and " +
			"that death has ended. If it is not heard from in that time, Since of its next death is that of this one.",
		"Deaths": "Deaths yields the pending deaths of a shard that were detected or adopted, in no order, as " +
			"Lister.Online yields workspaces. They have no Token.",
		"Sampler": "Sample returns up to n workspaces of the shard that are online, or not yet detected, chosen at " +
			"random. It returns all of them if there are no more than n. Look returns the state of each " +
			"workspace, in the order of the ids.",
		"Note": "Note keeps a small text for the monitors of a shard, \"\" at first, of at most MaxNoteLen " +
			"bytes. It is a compare-and-swap: if the note is old, it becomes next. The note as it is " +
			"after that step is returned; with old and next the same it is only read.",
		"Lister": "Online yields each workspace that is online throughout the loop exactly once, in no order, and one " +
			"that comes or goes meanwhile at most once. No lock and no transaction is held while the body of the " +
			"loop runs: it may call any method of the store, Close included. An error is the last item, with a " +
			"zero Status. The URLs are left out. Lookup returns the status of one workspace, with its cached " +
			"URLs, in one atomic step.",
		"Batcher": "The answers stand in the order of the ids. An id may occur more than once, and an empty list " +
			"succeeds. One illegal id fails the whole call with ErrInvalid, naming the id, before anything is " +
			"done. A call is not atomic across ids: after any other error the slice is nil and any of the ids may " +
			"have been handled. Where a store has several servers and one is away, the ids of the others are " +
			"handled before the error is returned.",
		"Registrar": "Register is SetOnline, CacheURL and CacheInternalURL in one step that is seen whole or not at all. " +
			"An empty URL leaves the cached one as it is.",
		"Pinger": "Ping returns nil if the backend can serve calls now. It returns ErrUnavailable if the backend does " +
			"not answer.",
	}
}
