// Package conformance checks any backend against the contract of package
// store, clause by clause.
//
// A backend's test hands the suite a [Harness], which says how to come by an
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
// with the reason. Capabilities are checked where the store has them.
//
// The name of a check is the promise that it makes sure of, and a check that
// fails quotes the clause. In a bubble, or with Advance, the lifetimes are a
// little over three and five minutes and the suite takes a moment. Where time
// is real they are about a second. A check that was held up too long to judge the
// backend is told again, more slowly. In the end the machine is called too slow.
//
// Package monitored, below, checks a backend under the real monitor.
//
// To read the suite, start with table.go, table_reaper.go and table_restorer.go,
// which list every check under its clause.
//
//	harness.go, run.go               a run, and the attempts at a check
//	check.go, words.go, kinds.go     the words that every check is told with
//	told.go                          which step a failure names
//	watch.go, hold.go                the words of checks with a monitor and a holder
//	clauses.go                       the text of each clause
//	lengths.go, scale.go             lifetimes of any length, lists of any length
//	twins.go                         methods whose checks are those of another
//	pair.go                          two stores over the same data, in turns
//	liveness.go … ttls.go            the checks of C1 to C12, a file for each subject
//	granter.go, expirer.go           the checks of C13 and C14
//	sweep.go … clock.go              the checks of R1 to R9, a file for each subject
//	dump.go, restore.go, restore_meets.go
//	                                 the checks of R10 and R11
package conformance
