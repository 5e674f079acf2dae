package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// mark is the workspace whose URL a simulation caches in each file that it
// makes: a file without it belongs to a platform, whose deaths a simulation
// would acknowledge.
const mark = "simulate-made-this-file-8c1f2d"

// leave leaves the mark in a file, also when ctx is done: without it the file
// could not be used again.
func leave(ctx context.Context, s store.LivenessStore) error {
	return s.CacheURL(context.WithoutCancel(ctx), mark, "simulation://liveness")
}

// checkFile returns ErrInvalid if the URL names a file that exists and was not
// made by a simulation. It only reads.
func checkFile(raw string) error {
	path, ok := boltPath(raw)
	if !ok {
		return nil // backends explains the error
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return driver.Errorf("simulate", "", store.ErrUnavailable, "%v", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	marked, err := contains(f, mark)
	switch {
	case err != nil:
		return driver.Errorf("simulate", "", store.ErrUnavailable, "%v", err)
	case !marked:
		return driver.Errorf("simulate", "", store.ErrInvalid,
			"%s exists and was not made by a simulation, which would acknowledge the deaths in it; name a file that does not exist", path)
	}
	return nil
}

// contains reports whether the text occurs in what r reads.
func contains(r io.Reader, text string) (bool, error) {
	const size = 64 << 10
	b := bufio.NewReaderSize(r, size)
	for {
		page, err := b.Peek(size)
		if bytes.Contains(page, []byte(text)) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		_, _ = b.Discard(size - len(text)) // it was peeked
	}
}
