package command

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
)

// noted makes a file whose monitors share this state, and returns how a command answers there.
func noted(t *testing.T, note string) (told func(args ...string) string) {
	file := filepath.Join(t.TempDir(), "edge.db")
	s, err := boltstore.Open(file, boltstore.Options{})
	require.NoError(t, err)
	_, err = s.Note(t.Context(), 0, "", note)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return func(args ...string) string {
		t.Helper()
		code, stdout, stderr := called(t, append(args, "--store", "bolt://"+file)...)
		require.Equal(t, exitOK, code, stderr)
		return stdout
	}
}

func TestAnOperatorEndsAHold(t *testing.T) {
	now := time.Now().Format(time.RFC3339Nano)
	told := noted(t, fmt.Sprintf(`{"rev":1,"hold":%q,"evidence":%q,"reason":"9 of 10 are silent"}`, now, now))
	require.Regexp(t, `\nhold +since .* at the latest: 9 of 10 are silent\n`, told("status"))
	require.Equal(t, "the hold is over; deaths are handed out gradually\n", told("end-hold", "--yes"))
	require.Regexp(t, `\nrecovery +deaths are handed out gradually: ended by an operator\n`, told("status"))
	require.NotContains(t, told("status"), "hold ")
}

func TestAnOperatorEndsASlowStart(t *testing.T) {
	now := time.Now().Format(time.RFC3339Nano)
	told := noted(t, fmt.Sprintf(`{"rev":1,"hold":%q,"evidence":%q,"spent":%q,"slow":true,"recovering":true,"reason":"no heartbeats for 15m0s"}`, now, now, now))
	require.Equal(t, "the hold is over; deaths are handed out gradually\n", told("end-hold", "--yes"))
	require.Equal(t, "there was no hold\n", told("end-hold", "--yes"))
}

// The clock of this machine is a quarter of an hour behind that of the store.
func TestAPauseIsAsLongByTheClockOfTheStore(t *testing.T) {
	const ahead, length = 15 * time.Minute, 10 * time.Minute
	turn := time.Now().Add(ahead)
	told := noted(t, fmt.Sprintf(`{"rev":1,"leader":"a","turn":1,"now":%q}`, turn.Format(time.RFC3339Nano)))
	var paused struct {
		Until time.Time `json:"pause_until"`
	}
	require.NoError(t, json.Unmarshal([]byte(told("pause", "the network is replaced", "--for", length.String(), "--json")), &paused))
	require.False(t, paused.Until.Before(turn.Add(length).Truncate(time.Second)), paused.Until)
}
