package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// outOfRoom reports whether a write found no room. A sync with the same error
// does not count: how much it wrote is unknown.
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

// breaks makes every further write fail: the content of the disk is unknown, or lost.
func (f *file) breaks(err error) error {
	if f.broken == nil {
		f.broken = fmt.Errorf("open the file again: %w", err)
	}
	return f.broken
}

func cannotWrite(op, path string, err error) error {
	return driver.Errorf(op, "", store.ErrUnavailable, "%s cannot be written: %v", path, err)
}

func corrupt(path string, err error) error {
	return driver.Errorf("Open", "", store.ErrCorrupt, "%s: %v", path, err)
}

// cannotOpen puts the error of the system about a path into plain words.
func cannotOpen(path string, err error) error {
	if readOnly(err) {
		return driver.Errorf("Open", "", store.ErrUnavailable, "%s is read-only, want a file that can be read and written: %v", path, err)
	}
	return driver.Errorf("Open", "", store.ErrUnavailable, "%s: %v", path, err)
}

// isIO reports whether the error is one of the system, which says nothing about
// the content of the file.
func isIO(err error) bool {
	var op *fs.PathError
	return errors.As(err, &op)
}

func readOnly(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}
