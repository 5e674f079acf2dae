//go:build !linux

package redistest

import "os/exec"

// startTied starts a process. Where this process is killed it stays.
func startTied(c *exec.Cmd) error { return c.Start() }
