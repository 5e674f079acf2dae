//go:build !race

package monitor_test

const raced = false
