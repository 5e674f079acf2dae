package conformance

import "slices"

// kind is what a check does with time and with the backend.
type kind int

const (
	atOnce kind = iota // needs no time to pass
	timed              // lets time pass
	slow               // lets more time pass than may lie between two sweeps
	breaking           // makes the backend unreachable
	breakingTimed      // lets time pass while the backend is unreachable
)

// entry is one check of the suite.
type entry struct {
	clause string
	name   string
	tell   func(*check)
	kind   kind
}

// sleeps reports whether the check spends its time asleep where time is real.
func (k kind) sleeps() bool { return k == timed || k == slow }

// takesTime reports whether the check lets time pass.
func (k kind) takesTime() bool { return k.sleeps() || k == breakingTimed }

// breaks reports whether the check needs the backend for itself.
func (k kind) breaks() bool { return k == breaking || k == breakingTimed }

// table returns every check, clause by clause.
func table() []entry {
	all := slices.Concat(livenessChecks(), grantChecks(), reaperChecks(), restorerChecks(), driverChecks(), capabilityChecks())
	return append(all, twinChecks(all)...)
}

func livenessChecks() []entry {
	return []entry{
		{"C1", "one that was never set is offline, without error", neverSet, atOnce},
		{"C1", "a workspace is online until its TTL has passed", onlineForItsTTL, timed},
		{"C1", "set online again it has a full TTL from then", setAgain, timed},
		{"C1", "a dead workspace can be set online again", setAfterDeath, timed},
		{"C1", "a workspace is online as long as it is heard from", heardFrom, timed},
		{"C1", "each workspace has its own deadline", eachItsOwnDeadline, timed},
		{"C1", "asking does not extend a life", askingDoesNotExtend, timed},
		{"C1", "a life of any length ends at its time", livesOfAnyLength, timed},
		{"C1", "a life outlives the store, and time goes on meanwhile", lifeOutlivesStore, timed},

		{"C2", "a refresh gives a full TTL from now", refreshGivesFullTTL, timed},
		{"C2", "a refresh at the last moment gives a full TTL", refreshAtTheLastMoment, timed},
		{"C2", "a refresh does not bring online one that never was", refreshOfUnknown, atOnce},
		{"C2", "a refresh does not bring back the dead", refreshOfDead, timed},
		{"C2", "a refresh does not bring back the cleared", refreshOfCleared, atOnce},
		{"C2", "a refresh of one extends no other", refreshIsOfOne, timed},
		{"C2", "a heartbeat registers one that is offline and refreshes one that is online", heartbeat, timed},

		{"C3", "a URL that was never cached is not found", neverCached, atOnce},
		{"C3", "a URL is readable until its TTL has passed", readableForItsTTL, timed},
		{"C3", "a URL of any TTL is readable until that has passed", urlsOfAnyLength, timed},
		{"C3", "reading does not extend", readingDoesNotExtend, timed},
		{"C3", "caching again replaces and starts anew", cachedAgain, timed},
		{"C3", "an expired URL can be cached again", cachedAfterItsEnd, timed},
		{"C3", "a URL comes back byte for byte", byteForByte, atOnce},
		{"C3", "a URL outlives the store, and time goes on meanwhile", urlsOutliveStore, timed},
		{"C3", "the first hand-out of a death forgets the URLs of its workspace", urlsOfTheDead, timed},
		{"C3", "a URL that is cached after the hand-out stays, whatever the holder does", urlsCachedByTheHandler, timed},
		{"C3", "a claim alone forgets no URL", urlsOfAClaim, timed},
		{"C3", "a URL stays during a grace", urlsDuringAGrace, timed},
		{"C3", "the URLs of a workspace that came back before the hand-out stay", urlsAfterAComeback, timed},
		{"C3", "the first hand-out of the next death forgets again", urlsOfTheNextDeath, timed},
		{"C3", "a former holder forgets no URLs", formerHolderForgetsNoURLs, timed},

		{"C4", "the two URLs are two", twoURLs, atOnce},
		{"C4", "the two URLs expire each at its time", urlsExpireApart, timed},
		{"C4", "one that is not online has URLs", cachedWhileOffline, atOnce},
		{"C4", "URLs outlive the life", urlsOutliveLife, timed},
		{"C4", "the life outlives the URLs", lifeOutlivesURLs, timed},
		{"C4", "heartbeats do not keep URLs", heartbeatsDoNotKeepURLs, timed},
		{"C4", "caching a URL keeps none online", cachingKeepsNoneOnline, timed},

		{"C5", "Clear forgets all three", clearForgetsAll, atOnce},
		{"C5", "Clear forgets the URLs of one that is offline", clearOfURLsAlone, atOnce},
		{"C5", "Clear forgets nothing of others", clearLeavesOthers, atOnce},
		{"C5", "clearing an unknown workspace succeeds", clearOfUnknown, timed},
		{"C5", "a life after Clear is a new one", newLifeAfterClear, timed},
		{"C5", "Clear is one step for all readers", clearIsOneStep, atOnce},
		{"C5", "what was cleared stays cleared when the store is opened again", clearedStaysCleared, atOnce},
		{"C5", "what was cleared is no death, whatever it was before", clearedIsNoDeath, timed},

		{"C6", "strange ids are all different workspaces", strangeLives, atOnce},
		{"C6", "strange ids have URLs of their own", strangeURLs, atOnce},
		{"C6", "illegal ids are refused by every method", illegalIDsRefused, atOnce},
		{"C6", "illegal ids leave nothing behind", illegalIDsLeaveNothing, atOnce},
		{"C6", "illegal URLs are refused and replace nothing", illegalURLsRefused, atOnce},
		{"C6", "the illegal is refused before the backend is touched", illegalBeforeTheBackend, breaking},
		{"C6", "the illegal comes before the context and the closed store", invalidFirst, atOnce},

		{"C7", "a context that is done returns its error", doneContext, atOnce},
		{"C7", "a call with a context that is done has no effect", doneContextHasNoEffect, timed},
		{"C7", "a call of a holder with a context that is done has no effect", doneContextOfAHolder, timed},
		{"C7", "a call of a monitor with a context that is done has no effect", doneContextOfAMonitor, timed},
		{"C7", "what was done stays done when the context ends", endsAfterTheCall, timed},
		{"C7", "the end of one caller's context is nothing to the others", cancelledAmongOthers, atOnce},
		{"C7", "no call outlives its deadline while the backend is away", deadlineWhileAway, breaking},
		{"C7", "no call outlives its cancellation while the backend is away", cancelledWhileAway, breaking},

		{"C8", "a backend that is away is unavailable to every method", awayIsUnavailable, breaking},
		{"C8", "a backend that was away has forgotten none", mendedForgotNone, breaking},

		{"C9", "every method works for many callers at once", everyMethodAtOnce, atOnce},
		{"C9", "callers of many workspaces do not meet", callersOfManyWorkspaces, atOnce},
		{"C9", "a refresh does not undo a Clear that it races with", refreshAgainstClear, atOnce},
		{"C9", "a URL is read whole, and never an older one again", wholeURLs, atOnce},
		{"C9", "the operations on a workspace are linearizable", linearizability, atOnce},
		{"C9", "two stores over the same data are one, until one is closed", oneOfTwoIsClosed, atOnce},

		{"C10", "after Close every method returns ErrClosed", closedEverywhere, atOnce},
		{"C10", "Close again returns nil", closeAgain, atOnce},
		{"C10", "Close by many at once returns nil", closeAtOnce, atOnce},
		{"C10", "calls in flight finish or return ErrClosed", closeInFlight, atOnce},
		{"C10", "Close is of one store only", closeIsOfOne, atOnce},
		{"C10", "Close leaves no goroutine", noGoroutineLeft, atOnce},

		{"C11", "of many each is taken and kept or refused", noneForgotten, atOnce},
		{"C11", "the living are heard from at the limit", livingAtTheLimit, atOnce},
		{"C11", "one that is refused changes nothing", refusedChangesNothing, atOnce},
		{"C11", "Clear makes room for one", clearMakesRoom, atOnce},
		{"C11", "the dead make room", deadMakeRoom, timed},
		{"C11", "deaths make room", deathsMakeRoom, timed},
		{"C11", "one that is refused keeps its death", refusedKeepsItsDeath, timed},
		{"C11", "a URL in use is not the one to go", usedURLsStay, atOnce},

		{"C12", "SetOnline asks For", eachItsTTL, timed},
		{"C12", "RefreshTTL asks For", eachItsTTLAtRefresh, timed},
		{"C12", "For is asked each time", ttlChanges, timed},
		{"C12", "For decides for one workspace only", ttlChangesNobodyElse, timed},
		{"C12", "a store that is opened again with longer TTLs grants these", longerTTLs, timed},
		{"C12", "a store that is opened again with shorter TTLs grants these", shorterTTLs, timed},
		{"C12", "a TTL out of range is refused and changes nothing", ttlOutOfRange, timed},
		{"C12", "a TTL below three heartbeats is refused and changes nothing", ttlBelowHeartbeats, timed},
	}
}

// grantChecks returns the checks of the clauses C13 and C14.
func grantChecks() []entry {
	return []entry{
		{"C13", "SetOnlineFor grants its TTL", grantedAtOnline, timed},
		{"C13", "RefreshFor grants its TTL and brings none back", grantedAtRefresh, timed},
		{"C13", "a grant of any length ends at its time", grantsOfAnyLength, timed},
		{"C13", "the next plain call grants the usual TTL", grantedOnce, timed},
		{"C13", "a grant is to one workspace", grantedToOne, timed},
		{"C13", "a grant comes before For, once", grantedInsteadOfFor, timed},
		{"C13", "a grant may be below three heartbeats", grantedBelowHeartbeats, timed},
		{"C13", "a TTL out of range is refused and changes nothing by a grant", grantOutOfRange, timed},
		{"C13", "a sweep detects the end of each grant in time", grantedAndDetected, timed},
		{"C13", "a sweep detects the end of a life that was shortened in time", grantShortened, timed},
		{"C13", "a batch grants the usual TTL again", grantedThenABatch, timed},
		{"C13", "grants outlive the store", grantsOutliveStore, timed},
		{"C13", "a life that was shortened is no longer when the store is opened again", shortenedOutlivesStore, timed},
		{"C13", "HeartbeatFor registers one that is offline and refreshes one that is online", heartbeatFor, timed},
		{"C13", "is unsupported without a Granter", noGranterUnderBare, atOnce},

		{"C14", "Expire makes offline at once, and no other", expiredIsOffline, timed},
		{"C14", "a death by Expire is ready at once", expiredIsReady, timed},
		{"C14", "a workspace expires once", expiredOnce, timed},
		{"C14", "callers that expire a workspace at once make one death", expiredAtOnce, timed},
		{"C14", "URLs stay until the death is handed out", expiredKeepsURLs, timed},
		{"C14", "Expire of one that is not online changes nothing", expireOfTheOffline, timed},
		{"C14", "Expire during a lease is a later death", expiredDuringALease, timed},
		{"C14", "one that expired can come back", expiredAndBack, timed},
		{"C14", "Expire works on a store that was opened again", expiredAfterReopening, timed},
		{"C14", "a heartbeat does not undo an Expire that it races with", expireAgainstRefresh, timed},
		{"C14", "a SetOnline that races with an Expire comes before or after it", expireAgainstSetOnline, timed},
		{"C14", "deaths by Expire are leased first", expiredFirst, timed},
		{"C14", "is unsupported without an Expirer", noExpirerUnderBare, atOnce},
	}
}

func capabilityChecks() []entry {
	return []entry{
		{"Lister", "yields each workspace that is online once", listsTheOnline, atOnce},
		{"Lister", "yields thousands that are online", listsThousands, atOnce},
		{"Lister", "yields strange ids as they are", listsStrangeIDs, atOnce},
		{"Lister", "yields none that has died", listsNoDead, timed},
		{"Lister", "tells how much life remains", remaining, timed},
		{"Lister", "tells how much remains of a life with a TTL of its own", remainingOfItsOwn, timed},
		{"Lister", "Lookup of one that is offline is ErrNotFound", lookupOfOffline, timed},
		{"Lister", "yields those that stay while the body lets others come and go", listsWhileOthersComeAndGo, atOnce},
		{"Lister", "yields those that stay while others write", listsWhileOthersWrite, atOnce},
		{"Lister", "the body may call any method", bodyMayCallAnything, atOnce},
		{"Lister", "the body may break", bodyMayBreak, atOnce},
		{"Lister", "the body may close the store", bodyMayClose, atOnce},
		{"Lister", "the end of the context is the last item", bodyMayCancel, atOnce},
		{"Lister", "the absence of the backend is the last item", listsNoneWhileAway, breaking},
		{"Lister", "Lookup returns the cached URLs", lookupWithURLs, timed},
		{"Lister", "the loop leaves the URLs out", listsWithoutURLs, atOnce},
		{"Lister", "is found through a wrapper", listerThroughWrapper, atOnce},
		{"Lister", "is unsupported where there is none", noListerUnderBare, atOnce},

		{"Batcher", "answers stand in the order of the ids", batchesInOrder, atOnce},
		{"Batcher", "an empty list succeeds", batchesOfNothing, atOnce},
		{"Batcher", "an illegal id is named before anything is done", batchesRefuse, timed},
		{"Batcher", "thousands of ids are answered", batchesOfMany, atOnce},
		{"Batcher", "tens of thousands of ids are handled in one call", batchesOfTensOfThousands, atOnce},
		{"Batcher", "ClearMany forgets all of each and nothing of others", batchesClear, atOnce},
		{"Batcher", "ClearMany leaves no death", clearManyLeavesNoDeath, timed},
		{"Batcher", "RefreshMany gives a full TTL and brings none back", batchesRefresh, timed},
		{"Batcher", "RefreshMany asks For", batchesAskFor, timed},
		{"Batcher", "RefreshMany leaves deaths alone", batchesAmongDeaths, timed},
		{"Batcher", "a call that fails answers nothing", batchesFail, atOnce},
		{"Batcher", "a backend that is away answers nothing", batchesWhileAway, breaking},
		{"Batcher", "answers one by one stand in the order of the ids", fallbacksInOrder, atOnce},
		{"Batcher", "an empty list succeeds one by one", fallbacksOfNothing, atOnce},
		{"Batcher", "an illegal id is named before anything is done one by one", fallbacksRefuse, timed},
		{"Batcher", "clearing one by one forgets all of each and nothing of others", fallbacksClear, atOnce},

		{"Registrar", "Register sets online and caches both URLs", registersAll, timed},
		{"Registrar", "an empty URL leaves the cached one", emptyURLsStay, timed},
		{"Registrar", "an illegal URL refuses the whole call", registerRefuses, atOnce},
		{"Registrar", "URLs that are registered together are seen together", registersAtOnce, atOnce},
		{"Registrar", "one that is seen online has its URLs", registerIsOneStep, atOnce},
		{"Registrar", "Register brings back, and its URLs stay", registeredIsBack, timed},
		{"Registrar", "what was registered outlives the store", registeredOutlivesStore, timed},
		{"Registrar", "Register asks For", registerAsksFor, timed},
		{"Registrar", "one that is refused is registered in no part", registerOfTheRefused, atOnce},
		{"Registrar", "a backend that is away registers nothing", registerWhileAway, breaking},
		{"Registrar", "single calls register as well", fallbackRegistersAll, timed},
		{"Registrar", "an empty URL leaves the cached one by single calls", fallbackEmptyURLs, timed},

		{"Pinger", "answers, and tells why it cannot", ping, atOnce},
		{"Pinger", "a backend that is away does not answer", pingWhileAway, breaking},
		{"Pinger", "one that cannot be asked is well", noPingerUnderBare, atOnce},
	}
}
