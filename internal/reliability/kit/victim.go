package kit

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
)

// VictimFile is the variable that makes a test play the victim on that file.
const VictimFile = "LIVENESS_VICTIM_FILE"

// victimLies is the variable that makes a victim say, at times, that a call is done which
// it has not made.
const victimLies = "LIVENESS_VICTIM_LIES"

// Lie reports whether a victim lies this time.
func Lie() bool { return os.Getenv(victimLies) != "" && rand.IntN(20) == 0 }

// FoundOut tells a story whose victims lie, which must fail for the reason given.
func FoundOut(t *testing.T, of, why string, story func(t testing.TB)) {
	t.Helper()
	t.Setenv(victimLies, "1")
	a := attempt.Make(t.Context(), t, of, func(a *attempt.T) { story(a) })
	require.True(t, a.Failed())
	require.Contains(t, a.Reason(), why)
}

// Victim is a process of the running test that can be killed.
type Victim struct {
	t     testing.TB
	cmd   *exec.Cmd
	Lines *bufio.Scanner // that it says
}

// StartVictim runs the test that calls it once more, in a process of its own.
func StartVictim(t testing.TB, path string) *Victim {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	lines, output, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), VictimFile+"="+path)
	cmd.ExtraFiles = []*os.File{output}
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	output.Close()
	v := &Victim{t, cmd, bufio.NewScanner(lines)}
	t.Cleanup(func() {
		lines.Close()
		v.Kill()
	})
	return v
}

// Kill is kill -9, and waits until the process is gone.
func (v *Victim) Kill() {
	v.cmd.Process.Kill()
	v.cmd.Wait()
}

// KillAfter is kill -9 in a while.
func (v *Victim) KillAfter(while time.Duration) {
	time.AfterFunc(while, func() { v.cmd.Process.Kill() })
}

// Wait waits until the process has ended by itself.
func (v *Victim) Wait() { v.cmd.Wait() }

// VictimOutput is the pipe to which a victim writes Victim.Lines.
func VictimOutput() *os.File {
	const first = 3 // of exec.Cmd.ExtraFiles
	return os.NewFile(first, "victim output")
}
