// Package conformance checks any backend against the contract of package
// store, clause by clause.
//
// A backend's test hands the suite a [Harness], which says how to open an
// empty store:
//
//	func TestConformance(t *testing.T) {
//		conformance.Run(t, conformance.Harness{
//			Bubble: true,
//			New: func(t testing.TB, ttls store.TTLs) store.LivenessStore {
//				s, err := memstore.New(memstore.Options{TTLs: ttls})
//				require.NoError(t, err)
//				return s
//			},
//		})
//	}
//
// That is enough. Further fields say what else the backend can do. Its data
// outlives a store (Reopen). Several stores share it (Join). It can become
// unreachable (Break). It has a clock of its own (Advance). Checks that need a
// field that is not set are skipped, and the last line of the run counts them
// with the reason. Capabilities are checked where the store has them, a Reaper only
// together with a Reconciler. Of a Discoverer only what holds for every method is checked.
//
// The name of a check is the promise that it makes sure of, and a check that
// fails quotes the clause. In a bubble, or with Advance, the lifetimes are a
// little over three and five minutes and the suite takes seconds. Where time is real,
// checks that wait have lifetimes of one to seven seconds. A check in which the machine was
// too slow to judge the backend is made again, more slowly, up to five times in all. If no
// attempt can be judged the check fails, and Result.Unjudged reports true.
//
// Package monitored, below, checks a backend under the real monitor.
//
// # Where to start
//
// Each clause has a file that begins with its checks: those of C3 are in c03_urls.go and
// c03_urls_of_the_dead.go, those of R4 in r04_comeback.go, r04_later_death.go and
// r04_races.go. The checks of a capability are in the file of its name, such as lister.go.
// Read c01_life.go first, then r02_claim.go, which also sweeps.
//
// A check is a story: calls of the store, time that passes, and what is wanted after that.
// A failure names the line of the story, the functions below it and the steps before it. The
// functions that stories call are in these files:
//
//	check.go, pace.go, lifetimes.go   a store, how time passes, TTLs
//	lives.go, urlcache.go, ids.go     heartbeats, cached URLs, ids
//	crowd.go, loop.go                 many workspaces, callers at once, loops
//	watch.go, pending.go, grace.go    sweeps while time passes, the deaths that are pending, a grace
//	holder.go                         claims, and what a holder does with a lease
//	records.go, batch.go              Dump and Restore, calls about many workspaces
//	errors.go, capability.go          which error is right, which method there is
//	methods.go                        all methods, for checks that treat them alike
//	history.go                        what callers at once may be answered
//
// The machinery below them:
//
//	harness.go, run.go, judge.go      a run, the attempts at a check, the result
//	table.go, clauses.go              all checks, the text of each clause
//	twins.go, pair.go                 a check made with another method, on two stores in turns
//	failure.go                        the line and the steps that a failure names
//
// The suite is tested by stores that each break one clause in one way: r04_comeback_mutants_test.go
// has those of R4. A check that fails on none of these stores fails the suite's own
// tests.
package conformance
