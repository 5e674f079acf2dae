package conformance

// restorerChecks returns the checks of the clauses R10 and R11.
func restorerChecks() []entry {
	return []entry{
		{"R10", "a dump yields the living with what remains of each, and every URL", dumpsTheLiving, timed},
		{"R10", "a dump yields the deaths, detected or not, a lease as a delay", dumpsTheDead, timed},
		{"R10", "a dump yields which deaths are by Expire or by Adopt", dumpsCauses, timed},
		{"R10", "a dump yields since when one that was withdrawn is silent", dumpsTheWithdrawn, timed},
		{"R10", "a dump yields nothing of those of which nothing is known", dumpsNothingElse, timed},
		{"R10", "a dump changes nothing", dumpChangesNothing, timed},
		{"R10", "a dump yields thousands, each once", dumpsManyOnce, atOnce},
		{"R10", "a dump yields strange ids as they are", dumpsStrangeIDs, timed},
		{"R10", "a dump yields those that stay while others come and go", dumpsWhileOthersComeAndGo, timed},
		{"R10", "the body of the loop over records may call any method", dumpBodyMayCallAnything, atOnce},
		{"R10", "the body of the loop over records may break", dumpBodyMayBreak, atOnce},
		{"R10", "the body of the loop over records may end the context and the store", dumpEndsInTheLoop, atOnce},

		{"R11", "a life is restored for the time that remains", restoredForItsTime, timed},
		{"R11", "of two lives the longer one counts", restoredForLonger, timed},
		{"R11", "the next plain call after a Restore grants the usual TTL", restoredForOnce, timed},
		{"R11", "a life that is restored ends the death, not the lease", restoredEndsTheDeath, timed},
		{"R11", "a life that is restored is no comeback", restoredIsNoComeback, timed},
		{"R11", "a withdrawn life is restored with its Since", restoredWithdrawn, timed},
		{"R11", "deaths are restored with all that is known of them", restoredDeaths, timed},
		{"R11", "a death is restored with its delay", restoredDelay, timed},
		{"R11", "deaths that are restored are leased in order", restoredInOrder, timed},
		{"R11", "a death is kept from its restoration on", restoredIsKept, timed},
		{"R11", "what was restored outlives the store", restoredOutlivesStore, timed},
		{"R11", "thousands are restored", restoredMany, atOnce},
		{"R11", "a death leaves the living alone", restoreLeavesTheLiving, timed},
		{"R11", "a death leaves alone what was handed out or is leased", restoreLeavesTheHandedOut, timed},
		{"R11", "a death leaves a later death alone", restoreLeavesTheLater, timed},
		{"R11", "a death takes the place of an earlier one that no handler has had", restoreOfTheLater, timed},
		{"R11", "URLs are restored each for its time", restoredURLs, timed},
		{"R11", "of two URLs the one that is readable for longer stays", restoredURLsMeetOthers, timed},
		{"R11", "URLs that a hand-out has forgotten stay forgotten", restoredURLsOfTheDead, timed},
		{"R11", "everything is carried to another store, and on", restoredAndDumped, timed},
		{"R11", "what is restored again changes nothing", restoredAgain, timed},
		{"R11", "a record that can never be is refused before anything is done", restoreRefuses, atOnce},
		{"R11", "one that is seen restored has its URLs", restoreIsOneStep, atOnce},
		{"R11", "one that is refused is restored in no part", restoreOfTheRefused, timed},
	}
}
