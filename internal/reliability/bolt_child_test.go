package reliability

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/attempt"
)

// victimFile is the variable that makes a test play the victim on that file.
const victimFile = "LIVENESS_VICTIM_FILE"

// victimLies is the variable that makes a victim say, at times, that it has done what it
// has not.
const victimLies = "LIVENESS_VICTIM_LIES"

// lie reports whether a victim lies this time.
func lie() bool { return os.Getenv(victimLies) != "" && rand.IntN(20) == 0 }

// foundOut tells a story whose victims lie, which must fail for the reason given.
func foundOut(t *testing.T, of, why string, story func(t testing.TB)) {
	t.Helper()
	t.Setenv(victimLies, "1")
	a := attempt.Make(t.Context(), t, of, func(a *attempt.T) { story(a) })
	require.True(t, a.Failed())
	require.Contains(t, a.Reason(), why)
}

// victim is a process of the running test that can be killed.
type victim struct {
	t     testing.TB
	cmd   *exec.Cmd
	Lines *bufio.Scanner // what it says
}

// startVictim runs the test that calls it once more, in a process of its own.
func startVictim(t testing.TB, path string) *victim {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	says, mouth, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), victimFile+"="+path)
	cmd.ExtraFiles = []*os.File{mouth}
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	mouth.Close()
	v := &victim{t, cmd, bufio.NewScanner(says)}
	t.Cleanup(func() {
		says.Close()
		v.kill()
	})
	return v
}

// kill is kill -9, and waits until the process is gone.
func (v *victim) kill() {
	v.cmd.Process.Kill()
	v.cmd.Wait()
}

// mouth is where a victim says what it does.
func mouth() *os.File { return os.NewFile(3, "mouth") }
