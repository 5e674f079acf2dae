package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/molecule-ai/liveness/store"
)

// outOfRoom reports whether a write found no room. A sync that says so is no
// such thing: what it did write is unknown.
func outOfRoom(err error) bool {
	if errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	// bbolt keeps of a file that cannot grow only the text.
	if strings.HasPrefix(err.Error(), "file resize error:") {
		return true
	}
	var op *fs.PathError
	if !errors.As(err, &op) || op.Op != "write" {
		return false
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}

// breaks makes every further write fail.
func (f *file) breaks(err error) error {
	f.broken = fmt.Errorf("it is not known what is on the disk, open the file again: %w", err)
	return f.broken
}

func cannotWrite(op, path string, err error) error {
	return store.Errorf(op, "", store.ErrUnavailable, "%s cannot be written: %v", path, err)
}

func corrupt(path string, err error) error {
	return store.Errorf("Open", "", store.ErrCorrupt, "%s: %v", path, err)
}

// cannotOpen makes plain what the system says about a path.
func cannotOpen(path string, err error) error {
	if readOnly(err) {
		return store.Errorf("Open", "", store.ErrUnavailable, "%s is read-only, want a file that can be read and written: %v", path, err)
	}
	return store.Errorf("Open", "", store.ErrUnavailable, "%s: %v", path, err)
}

// isIO reports whether the system could not do something, which says nothing
// about what is in the file.
func isIO(err error) bool {
	var op *fs.PathError
	return errors.As(err, &op)
}

func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
