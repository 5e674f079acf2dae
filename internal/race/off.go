//go:build !race

package race

// Enabled means that the race detector watches.
const Enabled = false
