package boltstore

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// create makes an empty store at path, whole or not at all, unless another
// process makes one meanwhile.
func create(path string, h host) error {
	f, err := newFile(path, h, nil, func(f *file) error {
		return f.update(resume(h.clock, 0, time.Time{}).stamp(0), createBuckets)
	})
	if err != nil {
		return cannotOpen(path, err)
	}
	temp := f.os.Name()
	f.close()
	defer os.Remove(temp)
	if err := move(temp, path); err != nil {
		if _, there := os.Lstat(path); there == nil {
			return nil
		}
		return cannotOpen(path, err)
	}
	if err := syncDir(path); err != nil {
		return cannotOpen(path, err)
	}
	return nil
}

// newFile returns a new file beside path, locked and filled, under a temporary
// name. It has the owner and mode of like, if that is not nil.
func newFile(path string, h host, like fs.FileInfo, fill func(*file) error) (*file, error) {
	temp, err := os.CreateTemp(filepath.Dir(path), temporary(path)+"*")
	if err != nil {
		return nil, err
	}
	fail := func(err error) (*file, error) {
		temp.Close()
		os.Remove(temp.Name())
		return nil, err
	}
	if like != nil {
		if err := errors.Join(chown(temp, like), temp.Chmod(like.Mode().Perm())); err != nil {
			return fail(err)
		}
	}
	f := &file{path: path, os: temp, host: h}
	if err := f.openDB(); err != nil {
		return fail(err)
	}
	if err := fill(f); err != nil {
		f.close()
		return fail(err)
	}
	if err := f.makeRoom(); err != nil {
		f.close()
		return fail(err)
	}
	return f, nil
}

func createBuckets(t *txn) error {
	for b := range buckets {
		if _, err := t.tx.CreateBucket(b.name()); err != nil {
			return err
		}
	}
	return nil
}

// move renames a file and never replaces another.
func move(from, to string) error {
	err := os.Link(from, to)
	if err == nil {
		return os.Remove(from)
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Not every file system has hard links.
	if _, err := os.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// syncDir makes durable which files are in the directory of path.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
