package command

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/boltstore"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/doctor"
	"github.com/molecule-ai/liveness/internal/redistest"
)

func TestDoctor(t *testing.T) {
	made := func(t *testing.T) (url string) {
		path := filepath.Join(t.TempDir(), "edge.db")
		s, err := boltstore.Open(path, boltstore.Options{})
		require.NoError(t, err)
		require.NoError(t, s.SetOnline(context.Background(), "a"))
		require.NoError(t, s.Close())
		return "bolt://" + path
	}

	t.Run("a healthy file is exit 0, and each check has a row", func(t *testing.T) {
		code, stdout, stderr := called(t, "doctor", "--store", made(t))
		require.Equal(t, exitOK, code, stdout)
		require.Regexp(t, `(?m)^contents +\S+edge.db +every page and record is whole: online 1, deaths pending 0`, stdout)
		require.Regexp(t, `^wrong 0, warnings \d, unknown \d, ok \d$`, lastLine(stdout))
		require.Empty(t, stderr)
	})

	t.Run("what is wrong comes last, with how to mend it, and is exit 1", func(t *testing.T) {
		code, stdout, stderr := called(t, "doctor", "--store", made(t), "--ttl", "1m", "--heartbeat", "30s")
		require.Equal(t, exitFailed, code)
		_, last, found := strings.Cut(stdout, "\nWRONG: ttl\n")
		require.True(t, found, stdout)
		require.Contains(t, last, "want at least 3 × Heartbeat")
		require.Contains(t, last, "To mend: Set TTLs.Liveness to 3 heartbeats at least, better 6: 3m0s.")
		require.Regexp(t, `^liveness doctor: wrong 1, `, lastLine(stderr))
	})

	t.Run("with --json each finding is an object", func(t *testing.T) {
		_, stdout, _ := called(t, "doctor", "--store", made(t), "--json")
		for line := range strings.Lines(stdout) {
			var f doctor.Finding
			require.NoError(t, json.Unmarshal([]byte(line), &f), line)
			require.NotEmpty(t, f.Check)
			require.NotEmpty(t, f.Level)
			require.NotEmpty(t, f.Saw)
			require.Equal(t, f.Level == doctor.OK, f.Mend == "", line)
		}
	})

	t.Run("no password is shown, whatever fails", func(t *testing.T) {
		s := redistest.Start(t, "--requirepass", "correct-horse")
		for store, want := range map[string]int{
			"redis://:correct-horse@" + s.Addr():                            exitOK,
			"redis://:correct-battery@" + s.Addr():                          exitFailed,
			"redis://someone:correct-horse@" + s.Addr():                     exitFailed,
			"redis://:correct-horse@127.0.0.1:1":                            exitFailed,
			"redis://:correct-horse@" + s.Addr() + "?cluster=true":          exitFailed,
			"redis://" + s.Addr() + "?master_name=m&password=correct-horse": exitFailed,
			"redis://:correct/horse@" + s.Addr():                            exitUsage,
			"bolt://:correct-horse@edge.db":                                 exitUsage,
		} {
			code, stdout, stderr := called(t, "doctor", "--store", store)
			require.Equal(t, want, code, stdout+stderr)
			for _, secret := range []string{"correct-horse", "correct-battery", "correct/horse"} {
				require.NotContains(t, stdout+stderr, secret)
			}
		}
	})

	t.Run("a server that hangs is exit 1 when the time is up", func(t *testing.T) {
		s := redistest.Start(t)
		s.Pause(t)
		defer s.Resume(t)
		code, stdout, stderr := called(t, "doctor", "--store", "redis://"+s.Addr(), "--timeout", "200ms")
		require.Equal(t, exitFailed, code)
		require.Contains(t, stdout, "UNKNOWN: reach")
		require.Equal(t, "liveness doctor: not all could be examined in 200ms", lastLine(stderr))
	})

	for args, want := range map[string]string{
		"":                                     "no store is named; use --store URL",
		"--store memory:":                      "memory: is the memory of one process",
		"--store etcd://host":                  "unknown, want one such as",
		"--store bolt:edge.db?x=1":             "bolt: has no parameters",
		"--store redis://h?max_retries=3":      "max_retries is 3",
		"--store redis://h --prefix {":         "--prefix is",
		"--store bolt:edge.db --timeout 0s":    "--timeout is 0s, want more than 0",
		"--store bolt:edge.db --heartbeat -1s": "--heartbeat is -1s, want more than 0",
		"--store bolt:edge.db extra":           "accepts no argument",
	} {
		t.Run("wrong usage: doctor "+args, func(t *testing.T) {
			t.Setenv("LIVENESS_STORE", "")
			code, stdout, stderr := called(t, append([]string{"doctor"}, strings.Fields(args)...)...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			require.Contains(t, lastLine(stderr), want)
		})
	}
}
