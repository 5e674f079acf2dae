package redisstore_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// permissions returns what the package comment says that a Redis user needs.
func permissions(t testing.TB) []string {
	source, err := os.ReadFile("redisstore.go")
	require.NoError(t, err)
	text := strings.ReplaceAll(string(source), "\n// ", " ")
	found := regexp.MustCompile(`A Redis user needs ((?:[+-]\S+ )+)on the keys`).FindStringSubmatch(text)
	require.NotNil(t, found, "the package comment names no permissions")
	return strings.Fields(found[1])
}

func TestOperatorsReadTheSamePermissions(t *testing.T) {
	page, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	require.Contains(t, string(page), "~ws:* -@all "+strings.Join(permissions(t), " ")+"\n")
}
