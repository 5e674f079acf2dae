package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/molecule-ai/liveness/store"
)

func TestErrorNamesOperationAndWorkspace(t *testing.T) {
	assert.EqualError(t, &store.Error{Op: "Ping", Err: store.ErrClosed}, "liveness: Ping: closed")
	assert.EqualError(t, &store.Error{Op: "IsOnline", ID: "a\n", Err: store.ErrInvalid}, `liveness: IsOnline "a\n": invalid`)
}

func TestErrorShortensAnIDThatIsTooLong(t *testing.T) {
	err := &store.Error{Op: "IsOnline", ID: strings.Repeat("é", 10_000), Err: store.ErrInvalid}
	assert.ErrorContains(t, err, "… (20000 bytes)")
	assert.Less(t, len(err.Error()), 400)
}
