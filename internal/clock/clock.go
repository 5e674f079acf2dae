// Package clock is the one place where the backends that keep time themselves
// read it, so that a test can step the wall clock or move a store to another
// boot of the machine.
//
//	clock.go       Clock, System
//	boot_linux.go  the boot of the machine, as Linux tells it
//	boot_other.go  other systems do not
package clock

import "time"

// Clock tells the time in the three ways that a store needs. The zero value
// is not usable: System returns the real one, and a test replaces its functions.
type Clock struct {
	// Mono is the time since some fixed moment of this process. It never
	// steps, whatever happens to the wall clock.
	Mono func() time.Duration

	// Wall is the time of day, which may be wrong and may step either way.
	Wall func() time.Time

	// Boot identifies the running boot of the machine and tells the time since
	// it began, time asleep included. It reports false where the system does
	// not say. Unlike Mono, it can be compared between processes.
	Boot func() (id string, since time.Duration, ok bool)
}

// System returns the clock of this machine.
//
// In a testing/synctest bubble all three advance with the time of the bubble.
func System() Clock {
	base := time.Now()
	return Clock{
		Mono: func() time.Duration { return time.Since(base) },
		Wall: time.Now,
		Boot: boot,
	}
}
