package goals

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// MachinePrefix begins the line that says where and when results were measured.
const MachinePrefix = "machine: "

// Machine returns that line.
func Machine(rounds int) string {
	return fmt.Sprintf("%s%d cores, %s/%s, %s, redis-server %s, %s, rounds: %d", MachinePrefix,
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), redisVersion(),
		time.Now().UTC().Format(time.DateOnly), rounds)
}

func redisVersion() string {
	out, err := exec.Command("redis-server", "--version").Output()
	_, after, found := strings.Cut(string(out), " v=")
	if err != nil || !found {
		return "unknown"
	}
	version, _, _ := strings.Cut(after, " ")
	return version
}
