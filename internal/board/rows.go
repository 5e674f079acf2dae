package board

import "slices"

const module = "github.com/molecule-ai/liveness/"

// Set is the make target that runs a row.
type Set string

// The targets.
const (
	Short   Set = "reliability"         // at most 6 minutes
	Long    Set = "reliability-long"    // at most 90 minutes, with LIVENESS_FULL=1
	Mutants Set = "reliability-mutants" // the planted bugs of all rows
)

// test is a test of the module. The room is the folder of its package.
type test struct{ room, name string }

// row is one line of the page.
type row struct {
	name    string
	set     Set
	tests   []test // none: there is no test yet
	checks  int    // the least number of checks, or of stories under the monitor, in each run of a suite, if they are such
	planted string // a bug
	by      test   // plants it: it passes if the row's judge fails with the bug
}

func known(name string) bool {
	return slices.ContainsFunc(rows, func(r row) bool { return r.name == name })
}

// in returns the tests of a room.
func in(room string, names ...string) (all []test) {
	for _, name := range names {
		all = append(all, test{room, name})
	}
	return all
}

const (
	suite    = "conformance"
	stories  = suite + "/monitored"
	across   = "internal/reliability"
	bolt     = across + "/bolt"
	redis    = across + "/redis"
	deaths   = across + "/deaths"
	outages  = across + "/outages"
	inFile   = "boltstore"
	onServer = "redisstore"
	pipeline = "redisstore/internal/pipeline"
)

// leastChecks is how many checks of the suite run on a backend that has every capability.
const leastChecks = 300

// brokenClause is the planted bug of the contract, and clauseMutants the test that plants it.
const brokenClause = "stores that each break one clause in one way"

var clauseMutants = test{suite, "TestEachMutantIsBlamedOnItsClauseAndEachCheckBlamesOne"}

// leastStories is how many stories are told of a backend whose stores can be joined.
const leastStories = 9

// brokenStory is the planted bug of the stories, and storyMutants the test that plants it.
const brokenStory = "stores that each fail one story"

var storyMutants = test{stories, "TestEachMutantIsFound"}

// notHandedOut plants its bug in an outage, for all that are judged alike.
var notHandedOut = test{outages, "TestADeathThatIsNotHandedOutIsFound"}

// rows is the page, from its first line to its last.
var rows = []row{
	// The contract.
	{name: "the contract, in memory", set: Short, tests: in("memstore", "TestConformance"), checks: leastChecks, planted: brokenClause, by: clauseMutants},
	{name: "the contract, in a file", set: Short, tests: in(inFile, "TestConformance"), checks: leastChecks, planted: brokenClause, by: clauseMutants},
	{name: "the contract, on Redis", set: Short, tests: in(onServer, "TestConformance"), checks: leastChecks, planted: brokenClause, by: clauseMutants},
	{name: "the contract, on servers of their own and a Cluster", set: Long, tests: in(onServer, "TestConformanceOnServers"), checks: leastChecks, planted: brokenClause, by: clauseMutants},
	{name: "mutants of the contract, each found", set: Short, tests: []test{clauseMutants},
		planted: "a mutant that breaks nothing", by: test{suite, "TestAMutantThatBreaksNothingIsFound"}},
	{name: "linearizability: histories of four callers", set: Short, tests: in(suite, "TestHistoriesOfEachBackendAreLinearizable"),
		planted: "a refresh in two steps, a URL in two halves", by: test{suite, "TestAHistoryThatIsNotLinearizableIsFound"}},
	{name: "one trace on all backends: answers that agree", set: Short, tests: in(across, "TestAllBackendsAnswerOneTraceAlike"),
		planted: "a URL outlives Clear", by: test{across, "TestABackendThatAnswersOtherwiseIsFound"}},
	{name: "under the monitor, in memory: stories with faults", set: Short, tests: in(stories, "TestMemoryUnderTheMonitor"), checks: leastStories, planted: brokenStory, by: storyMutants},
	{name: "under the monitor, in a file: stories with faults", set: Short, tests: in(inFile, "TestUnderTheMonitor"), checks: leastStories, planted: brokenStory, by: storyMutants},
	{name: "under the monitor, on a server and a Cluster: stories with faults", set: Long, tests: in(onServer, "TestUnderTheMonitorOnServers"), checks: leastStories, planted: brokenStory, by: storyMutants},
	{name: "the monitor and its model: worlds by chance", set: Short, tests: in("monitor", "TestModel"),
		planted: "17 bugs of a monitor", by: test{"monitor", "TestTheModelFindsPlantedBugs"}},
	{name: "the monitor and its model: worlds by chance", set: Long, tests: in("monitor", "TestModel"),
		planted: "17 bugs of a monitor", by: test{"monitor", "TestTheModelFindsPlantedBugs"}},
	{name: "redisstore and internal/roster: steps by chance", set: Short, tests: in(onServer, "TestChanceAgreesWithTheRoster"),
		planted: "a clock that is a second behind", by: test{onServer, "TestARosterThatDiffersIsFound"}},
	{name: "deadlines raced: comebacks between claim and hand-out", set: Short, tests: in(deaths, "TestComeback"),
		planted: "Begin hands out a death whose workspace came back", by: test{deaths, "TestAHandOutOfTheLivingIsFound"}},

	// A file.
	{name: "a process that writes a file is killed", set: Short, tests: in(bolt, "TestWriterIsKilled"),
		planted: "a call is acknowledged and not done", by: test{bolt, "TestAWriterThatLiesIsFoundOut"}},
	{name: "a process that writes a file is killed", set: Long, tests: in(bolt, "TestWriterIsKilled"),
		planted: "a call is acknowledged and not done", by: test{bolt, "TestAWriterThatLiesIsFoundOut"}},
	{name: "a process that handles deaths of a file is killed", set: Short, tests: in(bolt, "TestReaperIsKilled"),
		planted: "an acknowledgement is not done", by: test{bolt, "TestAReaperThatLiesIsFoundOut"}},
	{name: "power cuts in the middle of a transaction", set: Short, tests: in(inFile, "TestAPowerCutLosesNothingThatWasAcknowledged"),
		planted: "a disk writes the meta page before the data", by: test{inFile, "TestAPowerCutOnADiskThatLiesIsFound"}},
	{name: "power cuts in the middle of a transaction", set: Long, tests: in(inFile, "TestAPowerCutLosesNothingThatWasAcknowledged"),
		planted: "a disk writes the meta page before the data", by: test{inFile, "TestAPowerCutOnADiskThatLiesIsFound"}},
	{name: "a bit of a file is flipped", set: Short, tests: in(bolt, "TestFileHasAFlippedBit"),
		planted: "a record is changed with its checksum", by: test{bolt, "TestDamageThatIsNotRefusedIsFound"}},
	{name: "a file is cut off", set: Short, tests: in(bolt, "TestFileIsCutOff"),
		planted: "a record is changed with its checksum", by: test{bolt, "TestDamageThatIsNotRefusedIsFound"}},
	{name: "a full disk", set: Short, tests: in(inFile, "TestAFullDisk"),
		planted: "a store needs room to clear", by: test{inFile, "TestAFullDiskThatTakesNothingAwayIsFound"}},
	{name: "EIO and other failures of a write", set: Short, tests: in(inFile, "TestAfterAFailureNothingIsWritten"),
		planted: "a failure goes unnoticed", by: test{inFile, "TestAFailureOfAWriteThatIsAcknowledgedIsFound"}},
	{name: "a second opener of a file: holders of its lock at once", set: Short, tests: in(inFile, "TestOnlyOneHasTheLockThoughTheFileChanges"),
		planted: "a lock of a file that is no longer at its path", by: test{inFile, "TestTwoHoldersOfALockAreFound"}},
	{name: "a slow disk: crashes at any moment", set: Short, tests: in(inFile, "TestACrashAtAnyMomentOnASlowDiskForgetsOneCheckpointOfHeartbeats"),
		planted: "a checkpoint comes late", by: test{inFile, "TestACheckpointThatComesLateIsFound"}},
	{name: "a slow disk: crashes at any moment", set: Long, tests: in(inFile, "TestACrashAtAnyMomentOnASlowDiskForgetsOneCheckpointOfHeartbeats"),
		planted: "a checkpoint comes late", by: test{inFile, "TestACheckpointThatComesLateIsFound"}},

	// Redis.
	{name: "Redis is killed and stopped under callers", set: Short, tests: in(redis, "TestServerIsKilledAndStopped"),
		planted: "a failure is taken for an answer", by: test{redis, "TestAFailureThatIsTakenForAnAnswerIsFound"}},
	{name: "a Redis that loads its data", set: Short, tests: in(onServer, "TestLoadingServer"),
		planted: "a call does not wait for the data", by: test{onServer, "TestACallThatDoesNotWaitForTheDataIsFound"}},
	{name: "a full Redis", set: Short, tests: in(onServer, "TestFullServer", "TestFullServerLosesNoDeath"),
		planted: "the server evicts", by: test{onServer, "TestAFullServerThatEvictsIsFound"}},
	{name: "a Redis that takes no writes", set: Short, tests: in(onServer, "TestOpenAndPingWantAServerThatTakesWrites"),
		planted: "a ping that only reads", by: test{onServer, "TestAPingThatOnlyReadsIsFound"}},
	{name: "a Redis that evicts: warnings and silence", set: Short, tests: in(onServer, "TestOpenWarnsOfAServerThatEvicts"),
		planted: "a warning is logged as less", by: test{onServer, "TestAWarningThatIsNotOneIsFound"}},
	{name: "a bad network: replies of another call", set: Short, tests: in(redis, "TestABadNetwork"),
		planted: "replies are crossed", by: test{redis, "TestCrossedRepliesAreFound"}},
	{name: "sentinel fails over while workspaces die", set: Short, tests: failovers("sentinel", "-25s", "25s", "0s"),
		planted: "a death is acknowledged and not handed out", by: notHandedOut},
	{name: "Sentinel fails over again and again", set: Long, tests: in(outages, "TestSentinelFailsOverAgainAndAgain"),
		planted: "a death is acknowledged and not handed out", by: notHandedOut},
	{name: "cluster fails over while workspaces die", set: Short, tests: failovers("cluster", "0s"),
		planted: "a death is acknowledged and not handed out", by: notHandedOut},
	{name: "Cluster: slots move under callers", set: Short, tests: in(onServer, "TestCluster"),
		planted: "a slot loses its keys on the way", by: test{onServer, "TestASlotThatLosesItsKeysIsFound"}},
	{name: "Cluster: one shard does not answer", set: Short, tests: in(onServer, "TestCluster", "TestABatchServesTheHealthyServers"),
		planted: "a batch ends with the first failure", by: test{onServer, "TestABatchThatEndsWithTheFirstFailureIsFound"}},
	{name: "a split brain that heals", set: Short, tests: in(outages, "TestASplitBrainHeals"), planted: "a death is acknowledged and not handed out", by: notHandedOut},

	// Deaths.
	{name: "Redis loses data while workspaces die", set: Short, tests: in(outages,
		"TestOutages/redis_is_back_with_what_it_saved", "TestOutages/redis_is_back_with_nothing",
		"TestOutages/redis_was_flushed", "TestOutages/an_old_snapshot_was_restored"),
		planted: "a death is acknowledged and not handed out", by: notHandedOut},
	{name: "deaths in simulated time", set: Short, tests: in("cmd/liveness/internal/simulate", "TestSimulate"),
		planted: "a death is claimed and not reported", by: test{"cmd/liveness/internal/simulate", "TestADeathThatIsClaimedAndNotReportedIsFound"}},
	{name: "deaths in real time", set: Short, tests: in(deaths, "TestDeathsAreReportedInTime"),
		planted: "a sweep waits for the interval, not for the next deadline", by: test{deaths, "TestDeathsThatAreReportedLateAreFound"}},
	{name: "deaths in real time", set: Long, tests: in(deaths, "TestDeathsAreReportedInTime"),
		planted: "a sweep waits for the interval, not for the next deadline", by: test{deaths, "TestDeathsThatAreReportedLateAreFound"}},
	{name: "pictures: heartbeats that do not arrive", set: Short, tests: in("internal/pictures", "TestPictures"),
		planted: "a guard that is off", by: test{"internal/pictures", "TestAGuardThatIsOff"}},

	// Leaks, and input of strangers.
	{name: "a black hole: goroutines and memory that are left", set: Short, tests: in(redis, "TestABlackHole"),
		planted: "each call leaves a goroutine", by: test{redis, "TestCallsThatLeaveGoroutinesAreFound"}},
	{name: "a black hole: goroutines and memory that are left", set: Long, tests: in(redis, "TestABlackHole"),
		planted: "each call leaves a goroutine", by: test{redis, "TestCallsThatLeaveGoroutinesAreFound"}},
	{name: "leaks: stores and monitors that were closed", set: Short, tests: in(across, "TestNothingIsLeftOfWhatWasClosed"),
		planted: "a store is left open", by: test{across, "TestAStoreThatIsLeftOpenIsFound"}},
	{name: "fuzz: records of a file", set: Short, tests: in(inFile, "TestBrokenRecordsAreRefusedOrMeanSomething"),
		planted: "a decoder trusts the length of a record", by: test{inFile, "TestADecoderThatTrustsARecordIsFound"}},
	{name: "fuzz: ids and URLs", set: Short, tests: in("store", "TestIDsAndURLsByChance"),
		planted: "checks that see bytes, or ask url.Parse alone", by: test{"store", "TestChecksThatAcceptTooMuchAreFound"}},
	{name: "fuzz: passwords in URLs of stores", set: Short, tests: in("backends", "TestNoRedactedURLShowsItsPassword"),
		planted: "a redaction of the user alone", by: test{"backends", "TestARedactionThatHidesTooLittleIsFound"}},
	{name: "fuzz: replies of scripts", set: Short, tests: in(onServer, "TestAnyReplyOfAScriptIsSurvived"),
		planted: "a caller trusts the first item of a reply", by: test{onServer, "TestACallerThatTrustsAReplyIsFound"}},
	{name: "hostile ids on all backends", set: Short, tests: in(across, "TestHostileIDsAreKeptApart"),
		planted: "upper case is taken for lower case", by: test{across, "TestAStoreThatConfusesIDsIsFound"}},
	{name: "secrets in URLs: errors and log lines without them", set: Short, tests: in(onServer, "TestPassword"),
		planted: "an error of net/url is quoted", by: test{onServer, "TestAnErrorThatQuotesAPasswordIsFound"}},
	{name: "TLS: the right certificate and wrong ones", set: Short, tests: in(onServer, "TestTLSWantsTheRightCertificate"),
		planted: "a client trusts any certificate", by: test{onServer, "TestAClientThatTrustsAnyCertificateIsFound"}},
}

// failovers returns the outages in which a replica whose clock is so far ahead is promoted.
func failovers(of string, ahead ...string) (all []test) {
	for _, clock := range ahead {
		all = append(all, test{outages, "TestOutages/" + of + "_promotes_a_replica_whose_clock_is_" + clock + "_ahead"})
	}
	return all
}
