// Package pictures holds the situations that a monitor must judge rightly, as
// data, and a fleet of workspaces that lives through one of them.
//
// A [Picture] says which heartbeats arrive and which workspaces really die. A
// [Fleet] sends the heartbeats to any store, restarts each workspace that it is
// told to, and counts: how many of the restarted were healthy, how late the
// deaths were reported. The tests run every picture with the real monitor, and
// with the rules of Eureka and Kubernetes beside it; "make pictures" writes
// docs/pictures.md and docs/pictures.svg from such a run.
//
//	picture.go    Picture, the list of them
//	fleet.go      Fleet: a run of a picture, monitors that watch it
//	workspace.go  one member of the fleet
//	figures.go    Figures: the counts of a run
//
// Every duration in this package is fleet time, the time of the simulated
// fleet. It passes Run.Speed times faster than that of the process.
package pictures
