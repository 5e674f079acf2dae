// Package deaths has workspaces die, and monitors hand their deaths out.
//
// Begin with lateness_test.go: some of a fleet fall silent (fleet_test.go), a verdict
// compares the reports (verdict_test.go), and the cost to the server is measured (meter_test.go,
// evidence_test.go, cost_test.go). Then workspaces come back in the last moment
// (comeback_test.go), are restarted (restart_test.go) and expired (expire_test.go). Monitors
// are killed (killed_test.go) and replaced (replaced_test.go), and observe silences
// (silences_test.go); line_test.go cuts one off from its store. Fleets die at once
// (many_test.go, mass_test.go), one workspace lives far longer
// than the others (stranger_test.go), and old code shares the server (upgrade_test.go).
package deaths
