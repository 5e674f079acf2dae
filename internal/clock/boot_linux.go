package clock

import (
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

var (
	processStart = time.Now()
	bootID       = sync.OnceValue(readBootID)
)

func boot() (id string, since time.Duration, ok bool) {
	// Time before the process began is the fake time of a testing/synctest
	// bubble, which the kernel knows nothing about.
	if fake := time.Since(processStart); fake < 0 {
		return "bubble", fake, true
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return "", 0, false
	}
	return bootID(), time.Duration(ts.Nano()), bootID() != ""
}

func readBootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
