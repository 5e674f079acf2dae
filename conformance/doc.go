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
// That is enough. What else the backend can do, the harness says with a field
// each: its data outlives a store (Reopen), it can become unreachable (Break),
// it has a clock of its own (Advance). What is not said is not checked: the
// check is skipped, with the reason, and the last line of the run counts what
// has spoken. Capabilities are checked where the store has them.
//
// Each check is named after what it makes sure of, and one that fails quotes
// the clause. In a bubble, or with Advance, the lifetimes are the real ones of
// three and five minutes and the suite takes a moment. Where time is real they
// are about a second; a check that was held up too long to judge the backend
// is then told again, more slowly, before the machine is called too slow.
package conformance
