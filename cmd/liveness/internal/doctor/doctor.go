// Package doctor examines a store from outside for faults that break liveness without an
// error. It changes nothing in the store.
//
// Start with [Redis] or [File]. Each check has a name, is bounded in time, and becomes
// one [Finding] for each place that it looks at.
//
//	doctor.go    findings, the time that a check may take
//	ttl.go       TTLs against heartbeats and against the lives in the data
//	clock.go     a clock against that of this machine
//	redis.go     the order of the checks of a Redis, and the checks of the whole
//	target.go    the servers that a URL means
//	server.go    one server: its answers, their time, its kind and version, its clock
//	info.go      one server: its memory, disk, clients and replicas
//	rights.go    one server: the commands and keys that its user may use
//	sentinel.go  the sentinels
//	names.go     the names of the keys
//	data.go      the keys under the prefix; unwritten.go: none of them is the store's
//	mend.go      errors of a server, and what mends them
//	file.go      the checks of a file; file_linux.go: those that need Linux
package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/molecule-ai/liveness/redisstore"
	"github.com/molecule-ai/liveness/store"
)

// Level says how bad a finding is.
type Level string

// The levels, from good to bad.
const (
	OK      Level = "ok"
	Unknown Level = "unknown" // it could not be examined
	Warning Level = "warning" // liveness works now, and a likely event breaks it
	Wrong   Level = "wrong"   // liveness does not work, or the contract is broken
)

// Finding is the result of one check of one place.
type Finding struct {
	Check string `json:"check"`
	Where string `json:"where"` // a server or a file; empty for the options
	Level Level  `json:"level"`
	Saw   string `json:"saw"`
	Mend  string `json:"mend,omitempty"` // what to do; empty if that is nothing
}

// Options are the settings of the platform. The zero value means the defaults.
type Options struct {
	TTLs        store.TTLs
	Prefix      string        // see redisstore.Options
	CallTimeout time.Duration // see redisstore.Options.Timeout
}

func (o Options) withDefaults() Options {
	if o.TTLs.Liveness == 0 {
		o.TTLs.Liveness = store.DefaultLivenessTTL
	}
	if o.Prefix == "" {
		o.Prefix = redisstore.DefaultPrefix
	}
	if o.CallTimeout == 0 {
		o.CallTimeout = redisstore.DefaultTimeout
	}
	return o
}

// heartbeat is the interval of the heartbeats, as monitors assume it.
func (o Options) heartbeat() time.Duration {
	if o.TTLs.Heartbeat > 0 {
		return o.TTLs.Heartbeat
	}
	return o.TTLs.Liveness / 6
}

// limit is how long a check of a server may take.
func (o Options) limit() time.Duration { return max(10*time.Second, 2*o.CallTimeout) }

func ok(format string, args ...any) Finding {
	return Finding{Level: OK, Saw: fmt.Sprintf(format, args...)}
}

// bad returns a finding that needs mending.
func bad(level Level, mend, format string, args ...any) Finding {
	return Finding{Level: level, Mend: mend, Saw: fmt.Sprintf(format, args...)}
}

// check is one thing to examine.
type check struct {
	name    string
	examine func(ctx context.Context) Finding
}

// examine runs the checks of one place, one after another, each within the limit. A check
// that ctx cut short says nothing about the store.
func examine(ctx context.Context, where string, limit time.Duration, checks []check) []Finding {
	findings := make([]Finding, 0, len(checks))
	for _, c := range checks {
		f, done := within(ctx, limit, c.examine)
		if !done || f.Level != OK && over(ctx) {
			f = bad(Unknown, "Run it again with a larger --timeout.", "no result in the time that there was")
		}
		f.Check, f.Where = c.name, where
		findings = append(findings, f)
	}
	return findings
}

// moment is for calls that heed the end of a context.
const moment = 50 * time.Millisecond

// over reports whether the time of ctx is up. A connection with the deadline of ctx may
// fail a moment before.
func over(ctx context.Context) bool {
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) < moment {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// within calls f, and reports false if f has no result when the time is up: the disk
// of another machine heeds no context. What f returns later is thrown away.
func within[T any](ctx context.Context, limit time.Duration, f func(context.Context) T) (result T, done bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	results := make(chan T, 1)
	go func() { results <- f(ctx) }()
	select {
	case result = <-results:
		return result, true
	case <-ctx.Done():
	}
	select {
	case result = <-results:
		return result, true
	case <-time.After(moment):
		return result, false
	}
}
