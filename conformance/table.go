package conformance

import "slices"

// kind is what a check does with time and with the backend.
type kind int

const (
	atOnce kind = iota // needs no time to pass
	timed              // lets time pass
	slow               // lets more time pass than may lie between two sweeps
	alone              // breaks the backend
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

// table returns every check, clause by clause.
func table() []entry {
	return slices.Concat(livenessChecks(), reaperChecks(), capabilityChecks())
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
		{"C1", "a life outlives the store, and time goes on meanwhile", lifeOutlivesStore, timed},

		{"C2", "a refresh gives a full TTL from now", refreshGivesFullTTL, timed},
		{"C2", "a refresh at the last moment gives a full TTL", refreshAtTheLastMoment, timed},
		{"C2", "a refresh does not bring online who never was", refreshOfUnknown, atOnce},
		{"C2", "a refresh does not bring back the dead", refreshOfDead, timed},
		{"C2", "a refresh does not bring back the cleared", refreshOfCleared, atOnce},
		{"C2", "a refresh of one extends no other", refreshIsOfOne, timed},
		{"C2", "a heartbeat registers who is offline and refreshes who is online", heartbeat, timed},

		{"C3", "a URL that was never cached is not found", neverCached, atOnce},
		{"C3", "a URL is readable until its TTL has passed", readableForItsTTL, timed},
		{"C3", "reading does not extend", readingDoesNotExtend, timed},
		{"C3", "caching again replaces and starts anew", cachedAgain, timed},
		{"C3", "an expired URL can be cached again", cachedAfterItsEnd, timed},
		{"C3", "a URL comes back byte for byte", byteForByte, atOnce},
		{"C3", "a URL outlives the store, and time goes on meanwhile", urlsOutliveStore, timed},

		{"C4", "the two URLs are two", twoURLs, atOnce},
		{"C4", "the two URLs expire each at its time", urlsExpireApart, timed},
		{"C4", "one that is not online has URLs", cachedWhileOffline, atOnce},
		{"C4", "URLs outlive the life", urlsOutliveLife, timed},
		{"C4", "the life outlives the URLs", lifeOutlivesURLs, timed},
		{"C4", "heartbeats do not keep URLs", heartbeatsDoNotKeepURLs, timed},
		{"C4", "caching a URL keeps nobody online", cachingKeepsNobodyOnline, timed},

		{"C5", "Clear forgets all three", clearForgetsAll, atOnce},
		{"C5", "Clear forgets the URLs of one that is offline", clearOfURLsAlone, atOnce},
		{"C5", "Clear forgets nothing of others", clearLeavesOthers, atOnce},
		{"C5", "clearing an unknown workspace succeeds", clearOfUnknown, timed},
		{"C5", "a life after Clear is a new one", newLifeAfterClear, timed},
		{"C5", "Clear is one step for all who look", clearIsOneStep, atOnce},
		{"C5", "what was cleared stays cleared when the store is opened again", clearedStaysCleared, atOnce},
		{"C5", "what was cleared is no death, whatever it was before", clearedIsNoDeath, timed},

		{"C6", "strange ids are all different workspaces", strangeLives, atOnce},
		{"C6", "strange ids have URLs of their own", strangeURLs, atOnce},
		{"C6", "illegal ids are refused by every method", illegalIDsRefused, atOnce},
		{"C6", "illegal ids leave nothing behind", illegalIDsLeaveNothing, atOnce},
		{"C6", "illegal URLs are refused and replace nothing", illegalURLsRefused, atOnce},
		{"C6", "the illegal is refused before the backend is touched", illegalBeforeTheBackend, alone},
		{"C6", "the illegal comes before the context and the closed store", invalidFirst, atOnce},

		{"C7", "a context that is done returns its error", doneContext, atOnce},
		{"C7", "a call with a context that is done has no effect", doneContextHasNoEffect, timed},
		{"C7", "what was done stays done when the context ends", endsAfterTheCall, timed},
		{"C7", "the end of one caller's context is nothing to the others", cancelledAmongOthers, atOnce},
		{"C7", "no call outlives its deadline while the backend is away", deadlineWhileAway, alone},
		{"C7", "no call outlives its cancellation while the backend is away", cancelledWhileAway, alone},

		{"C8", "a backend that is away is unavailable to every method", awayIsUnavailable, alone},
		{"C8", "a backend that was away has forgotten nobody", mendedForgotNobody, alone},

		{"C9", "every method works for many callers at once", everyMethodAtOnce, atOnce},
		{"C9", "callers of many workspaces do not meet", callersOfManyWorkspaces, atOnce},
		{"C9", "a refresh does not undo a Clear that it races with", refreshAgainstClear, atOnce},
		{"C9", "a URL is read whole, and never an older one again", wholeURLs, atOnce},
		{"C9", "the operations on a workspace are linearizable", linearizability, atOnce},

		{"C10", "after Close every method returns ErrClosed", closedEverywhere, atOnce},
		{"C10", "Close again returns nil", closeAgain, atOnce},
		{"C10", "Close by many at once returns nil", closeAtOnce, atOnce},
		{"C10", "calls in flight finish or return ErrClosed", closeInFlight, atOnce},
		{"C10", "Close is of one store only", closeIsOfOne, atOnce},
		{"C10", "Close leaves no goroutine", noGoroutineLeft, atOnce},

		{"C11", "of many each is taken and kept or refused", nobodyForgotten, atOnce},
		{"C11", "the living are heard from at the limit", livingAtTheLimit, atOnce},
		{"C11", "one that is refused changes nothing", refusedChangesNothing, atOnce},
		{"C11", "Clear makes room for one", clearMakesRoom, atOnce},
		{"C11", "the dead make room", deadMakeRoom, timed},
		{"C11", "a URL in use is not the one to go", usedURLsStay, atOnce},

		{"C12", "SetOnline asks For", eachItsTTL, timed},
		{"C12", "RefreshTTL asks For", eachItsTTLAtRefresh, timed},
		{"C12", "For is asked each time", ttlChanges, timed},
		{"C12", "For decides for one workspace only", ttlChangesNobodyElse, timed},
		{"C12", "a TTL out of range is refused and changes nothing", ttlOutOfRange, timed},
		{"C12", "a TTL below two heartbeats is refused and changes nothing", ttlBelowHeartbeats, timed},
	}
}

func capabilityChecks() []entry {
	return []entry{
		{"Lister", "yields each workspace that is online once", listsTheOnline, atOnce},
		{"Lister", "yields strange ids as they are", listsStrangeIDs, atOnce},
		{"Lister", "yields none that has died", listsNoDead, timed},
		{"Lister", "tells how much life remains", remaining, timed},
		{"Lister", "Lookup of one that is offline is ErrNotFound", lookupOfOffline, timed},
		{"Lister", "yields who stays while the body changes who comes and goes", listsWhileOthersComeAndGo, atOnce},
		{"Lister", "yields who stays while others write", listsWhileOthersWrite, atOnce},
		{"Lister", "the body may call any method", bodyMayCallAnything, atOnce},
		{"Lister", "the body may break", bodyMayBreak, atOnce},
		{"Lister", "the body may close the store", bodyMayClose, atOnce},
		{"Lister", "the end of the context is the last item", bodyMayCancel, atOnce},
		{"Lister", "the absence of the backend is the last item", listsNobodyWhileAway, alone},
		{"Lister", "is found through a wrapper", listerThroughWrapper, atOnce},
		{"Lister", "is unsupported where there is none", noListerUnderBare, atOnce},

		{"Batcher", "answers stand in the order of the ids", batchesInOrder, atOnce},
		{"Batcher", "an empty list succeeds", batchesOfNothing, atOnce},
		{"Batcher", "an illegal id is named before anything is done", batchesRefuse, timed},
		{"Batcher", "thousands of ids are answered", batchesOfMany, atOnce},
		{"Batcher", "ClearMany forgets all of each and nothing of others", batchesClear, atOnce},
		{"Batcher", "ClearMany leaves no death", clearManyLeavesNoDeath, timed},
		{"Batcher", "RefreshMany gives a full TTL and brings nobody back", batchesRefresh, timed},
		{"Batcher", "RefreshMany asks For", batchesAskFor, timed},
		{"Batcher", "a call that fails answers nothing", batchesFail, atOnce},
		{"Batcher", "a backend that is away answers nothing", batchesWhileAway, alone},
		{"Batcher", "answers one by one stand in the order of the ids", fallbacksInOrder, atOnce},
		{"Batcher", "an empty list succeeds one by one", fallbacksOfNothing, atOnce},
		{"Batcher", "an illegal id is named before anything is done one by one", fallbacksRefuse, timed},
		{"Batcher", "clearing one by one forgets all of each and nothing of others", fallbacksClear, atOnce},

		{"Pinger", "answers, and tells why it cannot", ping, atOnce},
		{"Pinger", "a backend that is away does not answer", pingWhileAway, alone},
		{"Pinger", "one that cannot be asked is well", noPingerUnderBare, atOnce},
	}
}
