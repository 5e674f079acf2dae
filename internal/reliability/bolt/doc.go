// Package bolt breaks what boltstore stands on: its process, its file and its disk.
//
// A process that writes is killed in kill_test.go, and the ledger of ledger_test.go knows
// the answers that the next one must get; reaper_test.go does the same with deaths. In damage_test.go
// the file has flipped bits or is cut off, in full_test.go it may not grow, in slow_linux_test.go
// a sync takes 100 ms, and in million_test.go it is large.
//
// Power cuts, failures of a write, second openers and fuzzed records need the inside of
// the store, and are tested in package boltstore.
package bolt
