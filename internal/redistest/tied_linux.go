package redistest

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// startTied starts a process that is killed as soon as this one ends, also where no
// test can stop it: this process is killed, or runs into the timeout of go test.
func startTied(c *exec.Cmd) error {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	parent() <- func() { started <- c.Start() }
	return <-started
}

// parent is a thread that does not end before this process. Linux kills a child with
// the thread that started it.
var parent = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})
