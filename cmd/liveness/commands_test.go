package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// called runs the program in this process.
func called(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, &out, &err)
	return code, out.String(), err.String()
}

func TestCommands(t *testing.T) {
	for _, args := range [][]string{{}, {"simulat"}, {"--speed", "3"}} {
		t.Run("without a known command the list is the answer: "+strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := called(t, args...)
			require.Equal(t, exitUsage, code)
			require.Empty(t, stdout)
			for _, c := range commands() {
				require.Contains(t, stderr, "\n  "+c.name+" ")
			}
		})
	}

	for _, args := range [][]string{{"help"}, {"--help"}, {"-h"}, {"help", "help"}, {"help", "--help"}, {"-h", "-h"}} {
		t.Run("to ask for help is no error: "+strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := called(t, args...)
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "\n  simulate ")
			require.Empty(t, stderr)
		})
	}

	for _, args := range [][]string{{"help", "simulate"}, {"simulate", "--help"}, {"simulate", "-h"}} {
		t.Run("help explains a command: "+strings.Join(args, " "), func(t *testing.T) {
			code, stdout, stderr := called(t, args...)
			require.Equal(t, exitOK, code)
			require.Contains(t, stdout, "--store URL")
			require.Contains(t, stdout, "liveness simulate --store bolt:edge.db")
			require.Contains(t, stdout, "Exit codes:")
			require.Empty(t, stderr)
		})
	}

	t.Run("version names the Go it was built with", func(t *testing.T) {
		code, stdout, _ := called(t, "version")
		require.Equal(t, exitOK, code)
		require.Regexp(t, `^liveness \S+ go1\.\S+ \w+/\w+\n$`, stdout)
	})
}
