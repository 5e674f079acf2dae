package sqlitestore_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/molecule-ai/liveness/examples/sqlitestore"
	"github.com/molecule-ai/liveness/store"
)

func TestAFileBelongsToOneStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a file?")
	s, err := sqlitestore.Open(path, sqlitestore.Options{})
	require.NoError(t, err)
	defer s.Close()
	_, err = sqlitestore.Open(path, sqlitestore.Options{})
	assert.ErrorIs(t, err, store.ErrLocked)
	assert.FileExists(t, path)
}

func TestAnotherKindOfFileIsCorrupt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600))
	_, err := sqlitestore.Open(path, sqlitestore.Options{})
	assert.ErrorIs(t, err, store.ErrCorrupt)
}

func TestImpossibleOptionsAreInvalid(t *testing.T) {
	_, err := sqlitestore.Open(filepath.Join(t.TempDir(), "file"), sqlitestore.Options{TTLs: store.TTLs{URL: -1}})
	assert.ErrorIs(t, err, store.ErrInvalid)
}
