//go:build race

package monitor_test

// raced means that the race detector watches, which takes its time.
const raced = true
