package boltstore

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/boltstore/internal/bboltcheck"
	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// openFile returns the file at path, locked, checked and read. It makes the
// file if there is none.
func openFile(path string, o Options, h host) (*file, *contents, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, nil, err
	}
	for {
		f, err := lockFile(path, o.LockTimeout)
		if errors.Is(err, fs.ErrNotExist) {
			if err := create(path, h); err != nil {
				return nil, nil, err
			}
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		removeLeftovers(path)
		opened, c, err := readFile(path, f, h)
		if err == nil {
			return opened, c, nil
		}
		if errors.Is(err, store.ErrCorrupt) && o.OnCorrupt == CorruptSetAside && !opened.foreign {
			err = setAside(path, err, o.Logger, h.clock.Wall())
		}
		opened.close()
		if err != nil {
			return nil, nil, err
		}
	}
}

// resolve returns where the file is or will be, or what can never work.
func resolve(path string) (string, error) {
	invalid := func(format string, args ...any) (string, error) {
		return "", driver.Errorf("Open", "", store.ErrInvalid, format, args...)
	}
	if path == "" {
		return invalid("the path is empty, want that of a file")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", cannotOpen(path, err)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return invalid("%s is a directory, want a file", path)
	case err == nil && !info.Mode().IsRegular():
		return invalid("%s is not a regular file", path)
	case err == nil && info.Mode().Perm()&0o222 == 0:
		return "", cannotOpen(path, fs.ErrPermission)
	case err == nil:
		// Through symbolic links, which a rename would replace.
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", cannotOpen(path, err)
		}
		return path, nil
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL):
		return invalid("%q is no path: %v", path, err)
	case !errors.Is(err, fs.ErrNotExist):
		return "", cannotOpen(path, err)
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSymlink { // and no file that was made meanwhile
		return invalid("%s is a symbolic link to a file that does not exist", path)
	}
	if dir := filepath.Dir(path); !isDir(dir) {
		return invalid("%s: the directory %s does not exist", path, dir)
	}
	return path, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// lockFile opens the file and locks it, as the one that is at path: the process
// that had it open may have put another in its place meanwhile.
func lockFile(path string, wait time.Duration) (*os.File, error) {
	const poll = 10 * time.Millisecond
	for deadline := time.Now().Add(wait); ; time.Sleep(poll) {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			return nil, cannotOpen(path, err)
		}
		locked, err := lock(f)
		if locked && isAt(f, path) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, cannotOpen(path, err)
		}
		if !time.Now().Before(deadline) {
			return nil, driver.Errorf("Open", "", store.ErrLocked, "%s is in use, waited %v", path, wait)
		}
	}
}

func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}

// readFile checks and reads the file in f. The caller closes the returned file,
// also after an error.
func readFile(path string, f *os.File, h host) (*file, *contents, error) {
	opened := &file{path: path, os: f, host: h}
	c, err := opened.read()
	if err != nil && isIO(err) {
		return opened, nil, cannotOpen(path, err)
	}
	if err != nil {
		opened.foreign = isForeign(err)
		return opened, nil, corrupt(path, err)
	}
	if err := opened.openDB(); err != nil {
		return opened, nil, cannotOpen(path, err)
	}
	if err := opened.lastIs(c.stamp.seq); err != nil {
		return opened, nil, corrupt(path, err)
	}
	if err := syncDir(path); err != nil { // a process that died may have made the file
		return opened, nil, cannotOpen(path, err)
	}
	c.stamp.opens++
	opened.last = c.stamp
	return opened, c, nil
}

// read reads the file without bbolt. It looks first whether the file is of this program
// and this version: only then do the records mean anything.
func (f *file) read() (*contents, error) {
	checked, err := bboltcheck.New(f.os)
	if err != nil {
		return nil, err
	}
	s, err := findStamp(checked)
	if err != nil {
		return nil, err
	}
	return readAll(checked, s)
}

// openDB opens the database in the file.
func (f *file) openDB() error {
	return f.guard(func() error {
		db, err := bbolt.Open(f.os.Name(), 0o600, &bbolt.Options{
			Timeout:  DefaultLockTimeout, // the file is locked already, or new
			OpenFile: func(string, int, os.FileMode) (*os.File, error) { return f.os, nil },
		})
		if err != nil {
			return err
		}
		db.AllocSize = 0 // the file grows by as much as it must, and ahead of that in makeRoom
		f.db, f.pageSize = db, int64(db.Info().PageSize)
		f.allocated, err = f.size()
		return err
	})
}

// temporary returns the prefix of the names of temporary files beside path. It has the
// same length for every path, and no file of another program has it.
func temporary(path string) string {
	h := fnv.New64a()
	h.Write([]byte(filepath.Base(path)))
	return fmt.Sprintf(".liveness-%016x-", h.Sum64())
}

// removeLeftovers removes the temporary files of processes that died.
func removeLeftovers(path string) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), temporary(path))
		if !ours || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if locked, _ := lock(f); locked {
			os.Remove(f.Name())
		}
		f.Close()
	}
}

// setAside renames the damaged file. A name that would be too long is cut.
func setAside(path string, damage error, log *slog.Logger, at time.Time) error {
	const longest = 255 // bytes
	dir, base := filepath.Split(path)
	suffix := ".corrupt-" + at.UTC().Format("20060102T150405Z")
	var aside string
	for i := 2; ; i++ {
		aside = dir + base[:min(len(base), longest-len(suffix))] + suffix
		err := move(path, aside)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return cannotOpen(path, fmt.Errorf("%v; it cannot be set aside: %v", damage, err))
		}
		suffix = fmt.Sprintf(".corrupt-%s-%d", at.UTC().Format("20060102T150405Z"), i)
	}
	log.Warn("liveness: a damaged file was set aside, the store begins empty", "path", path, "aside", aside, "error", damage)
	return nil
}
