package conformance

import "slices"

// kind is what a check does with time and with the backend.
type kind int

const (
	atOnce        kind = iota // needs no time to pass
	timed                     // lets time pass
	slow                      // lets more time pass than may lie between two sweeps
	breaking                  // makes the backend unreachable
	breakingTimed             // lets time pass while the backend is unreachable
)

// entry is one check of the suite.
type entry struct {
	clause string
	name   string // the promise
	kind   kind
	tell   func(*check)
}

// sleeps reports whether the check spends its time asleep where time is real.
func (k kind) sleeps() bool { return k == timed || k == slow }

// takesTime reports whether the check lets time pass.
func (k kind) takesTime() bool { return k.sleeps() || k == breakingTimed }

// breaks reports whether the check needs the backend for itself.
func (k kind) breaks() bool { return k == breaking || k == breakingTimed }

// table returns every check, clause by clause.
func table() []entry {
	all := slices.Concat(
		lifeChecks(), refreshChecks(), urlChecks(), deadURLChecks(), independenceChecks(), clearChecks(), idChecks(),
		contextChecks(), outageChecks(), concurrencyChecks(), closeChecks(), limitChecks(), ttlChecks(), grantChecks(), expireChecks(),

		sweepChecks(), claimChecks(), orderChecks(), holderChecks(), comebackChecks(), laterDeathChecks(), raceChecks(),
		reopenChecks(), keepChecks(), unsweptChecks(), graceChecks(), patienceChecks(), adoptChecks(), forgetChecks(),
		countChecks(), recentChecks(), clockChecks(), dumpChecks(), restoreChecks(), mergeChecks(),

		reaperChecks(), withdrawChecks(), deathsChecks(), samplerChecks(), noteChecks(),
		listerChecks(), listerLoopChecks(), batcherChecks(), registrarChecks(), pingerChecks(),
	)
	return append(all, twinChecks(all)...)
}
