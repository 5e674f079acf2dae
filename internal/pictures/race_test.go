//go:build race

package pictures_test

// raced means that the race detector watches, which takes its time.
const raced = true
