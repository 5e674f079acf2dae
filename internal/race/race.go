// Package race says whether the race detector watches, which makes everything ten times
// slower. A test that takes long then tells less.
package race

// Clauses are those of the contract whose checks call a store from many goroutines, or end it
// while it works. The race detector sees in them what it sees in all.
func Clauses() []string {
	return []string{"C7", "C9", "C10", "R4", "Lister", "Deaths"}
}
