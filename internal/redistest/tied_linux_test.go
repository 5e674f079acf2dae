package redistest_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/internal/redistest"
)

// It fails if a server is started without a tie.
func TestAServerEndsWithTheProcessOfItsTest(t *testing.T) {
	const killed = "LIVENESS_KILLED_WITH_ITS_SERVER"
	if os.Getenv(killed) != "" {
		fmt.Println(redistest.Start(t).Addr())
		p, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)
		require.NoError(t, p.Kill())
		select {}
	}
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self, "-test.run=^"+t.Name()+"$")
	c.Env = append(os.Environ(), killed+"=1")
	output, err := c.Output()
	require.ErrorContains(t, err, "killed")
	var addr string
	_, err = fmt.Sscanln(string(output), &addr)
	require.NoError(t, err, string(output))
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Ping(t.Context()).Err() != nil }, time.Minute, 10*time.Millisecond)
}
