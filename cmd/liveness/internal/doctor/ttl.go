package doctor

import (
	"slices"
	"time"
)

// ttl examines the settings of the platform, which need no store.
func ttl(o Options) []Finding {
	f := ok("a workspace is offline after %v without a heartbeat, heartbeats come each %v", o.TTLs.Liveness, o.heartbeat())
	if o.TTLs.Heartbeat == 0 {
		f = ok("a workspace is offline after %v without a heartbeat; --heartbeat was not given, assumed %v", o.TTLs.Liveness, o.heartbeat())
	}
	if err := o.TTLs.Validate(); err != nil {
		f = bad(Wrong, "Set TTLs.Liveness to 3 heartbeats at least, better 6: "+(6*o.heartbeat()).String()+".", "%v", err)
	}
	f.Check = "ttl"
	return []Finding{f}
}

// timeout examines how long a call waits for the server.
func timeout(o Options) Finding {
	f := ok("a call waits for the server for %v", o.CallTimeout)
	if o.CallTimeout > o.heartbeat() {
		f = bad(Warning, "Set redisstore.Options.Timeout below "+o.heartbeat().String()+"; the default is 3s.",
			"a call waits for the server for %v, longer than the %v between two heartbeats", o.CallTimeout, o.heartbeat())
	}
	f.Check = "timeout"
	return f
}

// lives compares the remaining lives in the data with the TTL of the platform. A
// workspace that is heard from has between TTL - heartbeat and TTL left.
func lives(o Options, remaining []time.Duration) Finding {
	const few = 20 // workspaces
	full := o.TTLs.Liveness
	slices.Sort(remaining)
	if len(remaining) == 0 {
		return ok("no workspace is online")
	}
	median := remaining[len(remaining)/2]
	saw := "workspaces online: %d; half have more than %v left, of a TTL of %v"
	const mend = "Give every program that writes the store the same TTLs, or tell this one with --ttl."
	n, median := len(remaining), median.Round(time.Millisecond)
	switch {
	case median > full+time.Second:
		return bad(Warning, mend, saw+": some program grants a longer TTL", n, median, full)
	case n >= few && median < full/2:
		return bad(Warning, mend, saw+": some program grants a shorter TTL, or heartbeats do not arrive", n, median, full)
	}
	return ok(saw, n, median, full)
}
