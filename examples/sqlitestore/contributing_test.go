package sqlitestore_test

import (
	"bytes"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example of CONTRIBUTING.md is this package's conformance test.
func TestContributingQuotesTheConformanceTest(t *testing.T) {
	page, err := os.ReadFile("../../CONTRIBUTING.md")
	require.NoError(t, err)
	code, err := os.ReadFile("conformance_test.go")
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(page, -1)
	require.NotEmpty(t, blocks, "CONTRIBUTING.md shows no Go code")
	for _, block := range blocks {
		assert.True(t, bytes.Contains(code, block[1]), "conformance_test.go does not have this text:\n%s", block[1])
	}
}
