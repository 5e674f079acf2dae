package command

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
)

func TestAnOperatorEndsAHold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "edge.db")
	s, err := boltstore.Open(file, boltstore.Options{})
	require.NoError(t, err)
	now := time.Now().Format(time.RFC3339Nano)
	_, err = s.Note(t.Context(), 0, "", fmt.Sprintf(`{"rev":1,"hold":%q,"evidence":%q,"reason":"9 of 10 are silent"}`, now, now))
	require.NoError(t, err)
	require.NoError(t, s.Close())

	told := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := called(t, append(args, "--store", "bolt://"+file)...)
		require.Equal(t, exitOK, code, stderr)
		return stdout
	}
	require.Regexp(t, `\nhold +since .* at the latest: 9 of 10 are silent\n`, told("status"))
	require.Equal(t, "the hold is over; deaths are handed out gradually\n", told("end-hold", "--yes"))
	require.Regexp(t, `\nrecovery +deaths are handed out gradually: ended by an operator\n`, told("status"))
	require.NotContains(t, told("status"), "hold ")
}
