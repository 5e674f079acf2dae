package conformance

// reaperChecks returns the checks of the clauses R1 to R9 and of what else a
// store.Reaper promises.
func reaperChecks() []entry {
	return []entry{
		{"R1", "a sweep finds the dead, each once, and none other", sweepFindsTheDead, timed},
		{"R1", "a refresh at the last moment moves the death", sweepAfterALastRefresh, timed},
		{"R1", "questions about the dead hide them from nobody", sweepAfterQuestions, timed},
		{"R1", "SetOnline moves the death, earlier too", setOnlineMovesTheDeath, timed},
		{"R1", "a life shortened by a refresh is over at once and found by the old deadline", refreshShortensTheLife, timed},
		{"R1", "a sweep says when to look again", sweepSaysWhenToLookAgain, timed},
		{"R1", "who looks when it is told finds each death in time", lookingAsTold, timed},
		{"R1", "many who sweep at once find each death once", sweepersAtOnce, timed},

		{"R2", "a death is handed to one caller", claimedByOne, timed},
		{"R2", "many who claim at once share the dead", claimersShareTheDead, timed},
		{"R2", "a death is handed out again when its lease has ended", leasesEnd, timed},
		{"R2", "a death that was put back waits for its time", putBackUntilLater, timed},
		{"R2", "a death that was put back at once is handed out at once", putBackAtOnce, timed},
		{"R2", "attempts are counted", attemptsAreCounted, timed},
		{"R2", "tokens grow with every claim", tokensGrow, timed},
		{"R2", "no more are handed out than were asked for, by chance or not", notMoreThanAsked, timed},
		{"R2", "a death tells when it happened", deadlineOfADeath, timed},
		{"R2", "a death that nobody saw is dated by at most a TTL too early", deadlineThatNobodySaw, timed},

		{"R3", "a former holder has no effect", formerHolder, timed},
		{"R3", "one whose lease has ended is the holder until there is another", holderWhoseLeaseEnded, timed},
		{"R3", "Extend begins the lease anew", extendBeginsTheLeaseAnew, timed},
		{"R3", "Extend may shorten the lease", extendShortens, timed},
		{"R3", "Extend answers in the order of the deaths", extendAnswersInOrder, timed},
		{"R3", "what was acknowledged is over", acknowledgedIsOver, timed},
		{"R3", "what was put back is not held", givenUpIsLost, timed},
		{"R3", "what nobody has claimed has no holder", unclaimedHasNoHolder, timed},
		{"R3", "Acknowledge forgets the URLs of that workspace", acknowledgeForgetsURLs, timed},
		{"R3", "a former holder forgets no URLs", formerHolderForgetsNoURLs, timed},

		{"R4", "one that came back before the claim is not handed out", backBeforeTheClaim, timed},
		{"R4", "one that came back before the sweep is not handed out", backBeforeTheSweep, timed},
		{"R4", "one that came back is held by nobody", backWhileHeld, timed},
		{"R4", "one that came back is not handed out when its time comes", backAfterPutBack, timed},
		{"R4", "one that came back keeps its URLs", backWithItsURLs, timed},
		{"R4", "a refresh that finds nobody ends no death", refreshEndsNoDeath, timed},
		{"R4", "the next silence is a new death", nextSilence, timed},
		{"R4", "the next silence after an acknowledgement is a new death", nextSilenceAfterAcknowledge, timed},
		{"R4", "coming back and an acknowledgement are one after the other", backAgainstAcknowledge, timed},

		{"R5", "deaths outlive the store, and tokens grow on", deathsOutliveStore, timed},
		{"R5", "acknowledgements outlive the store", acknowledgementsOutliveStore, timed},
		{"R5", "one that died while the store was closed is a death", deadWhileClosed, timed},
		{"R5", "a death that nobody claims is dropped after a day, and counted", unclaimedForADay, timed},

		{"R6", "the first sweep begins a grace of a TTL, in which the dead are found and not handed out", firstGrace, timed},
		{"R6", "a gap begins a grace of the gap and a sixth of the TTL", graceOfGapAndSixth, slow},
		{"R6", "a gap begins a grace of the gap and a heartbeat", graceOfGapAndHeartbeat, slow},
		{"R6", "a long gap begins a grace of a TTL", graceOfATTL, slow},
		{"R6", "three seconds, and three intervals, begin no grace", noGraceForShortGaps, slow},
		{"R6", "a gap during a grace extends it by the gap", gapDuringAGrace, slow},
		{"R6", "a gap late in a grace extends it until the living could be heard from", gapLateInAGrace, slow},
		{"R6", "the longest TTL in use is the grace", longestTTLInGrace, timed},
		{"R6", "a tick that only a monitor remembers begins a grace", sweptByOthers, timed},
		{"R6", "a grace outlives the store", graceOutlivesStore, timed},

		{"R7", "who is adopted in a grace is dead at its end unless heard from", adoptedInAGrace, timed},
		{"R7", "who is adopted later is dead after a TTL unless heard from", adoptedLater, timed},
		{"R7", "the living and the dead are not adopted", adoptLeavesTheKnown, timed},
		{"R7", "Disown forgets the dead and leaves the living", disownForgetsTheDead, timed},

		{"R8", "a sweep counts who is online, late, waiting and held", countsOfALife, timed},
		{"R8", "a death is late for a TTL", lateForATTL, timed},
		{"R8", "a death is late for a TTL though it is acknowledged", lateThoughAcknowledged, timed},
		{"R8", "a death that was found late is late until a TTL after its deadline", lateFromTheDetection, timed},
		{"R8", "a death found in a grace is late until a TTL after its end", lateAfterAGrace, timed},
		{"R8", "the counts agree with the claims", countsAgreeWithClaims, timed},
		{"R8", "who is adopted is late when its time comes", adoptedIsLateWhenDue, timed},

		{"R9", "the clock of the store goes on as time passes", clockOfTheStore, timed},
		{"R9", "a caller whose clock is behind changes nothing", slowCaller, timed},
		{"R9", "a caller that knows no time changes nothing", freshCaller, timed},

		{"Reaper", "a Reaper is found through a wrapper", reaperThroughWrapper, timed},
		{"Reaper", "each workspace is in one shard", eachInItsShard, timed},
		{"Reaper", "what can never work is refused", nonsenseRefused, atOnce},
		{"Reaper", "many may work on one store", reapersAtOnce, timed},

		{"Deaths", "yields each death that is not acknowledged, without its token", deathsAreYielded, timed},
		{"Deaths", "the body of the loop over deaths may call any method", deathsBodyMayCallAnything, timed},
		{"Deaths", "the body of the loop over deaths may break", deathsBodyMayBreak, timed},
		{"Deaths", "the body of the loop over deaths may close the store", deathsBodyMayClose, timed},

		{"Note", "becomes the new one if it is the old one", noteIsCompared, atOnce},
		{"Note", "each shard has its own", noteOfEachShard, atOnce},
		{"Note", "is any text of up to 256 bytes", noteIsAnyText, atOnce},
		{"Note", "of many at once one is kept, and all are told", noteAtOnce, atOnce},
		{"Note", "outlives the store", noteOutlivesStore, atOnce},
	}
}
