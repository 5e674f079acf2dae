//go:build windows || plan9 || solaris || aix || android

package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// lock fails: without flock nothing keeps a second process out between the
// check of a file and its use.
func lock(*os.File) (bool, error) {
	return false, fmt.Errorf("%w: this system has no flock", errors.ErrUnsupported)
}

func chown(*os.File, fs.FileInfo) error { return nil }

func unlock(*os.File) error { return nil }
