// Package outages takes Redis, or the monitors, away while workspaces die.
//
// TestOutages in outage_test.go runs most scenarios side by side. Each has a crowd of
// workspaces (crowd_test.go) and ends with a verdict (verdict_test.go); bug_test.go plants a
// bug that the verdict finds. The scenarios are failovers (failover_test.go), data that is
// lost (data_test.go) and a fleet that seems dead (hold_test.go). Two masters at once and fifty
// failovers are in split_test.go. In clock_test.go the clock of the server steps, in
// far_test.go the Cluster is far away or has many shards, in short_test.go an outage is
// longer than a TTL, and in operator_test.go an operator pauses the monitors and ends a hold.
package outages
