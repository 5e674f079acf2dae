package boltstore

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
)

// file is the open bbolt file. The committer alone uses it.
type file struct {
	path   string // where it is now
	os     *os.File
	db     *bbolt.DB
	page   int64 // bytes
	seams  seams
	last   stamp // of the last transaction
	solid  int64 // bytes of the file that surely have room on the disk
	broken error // why nothing can be written any more
	stuck  bool  // bbolt may hold its own locks for ever
}

// txn writes records within one transaction.
type txn struct {
	tally
	tx   *bbolt.Tx
	fill float64  // how full pages are made; 0: as bbolt likes
	then []func() // done once it is on the disk
}

func (t *txn) put(b bucket, key, content []byte) error {
	in := t.tx.Bucket(b.name())
	switch {
	case b == deadlines:
		in.FillPercent = 1 // pages are added at the end only, and written again and again
	case t.fill > 0:
		in.FillPercent = t.fill
	}
	if b != meta && in.Get(key) == nil {
		t.records[b]++
	}
	return in.Put(key, seal(b, key, content))
}

func (t *txn) delete(b bucket, key []byte) error {
	in := t.tx.Bucket(b.name())
	if in.Get(key) == nil {
		return nil
	}
	t.records[b]--
	return in.Delete(key)
}

// update runs one transaction that ends with the stamp. A transaction that
// found no room changed nothing and is errNoRoom; after any other failure the
// file is broken.
func (f *file) update(s stamp, fill func(*txn) error) error {
	if f.broken != nil {
		return f.broken
	}
	s.seq = f.last.seq + 1
	t := &txn{tally: f.last.tally}
	f.db.MaxSize = f.maxSize()
	err := f.guard(func() error {
		return f.seams.update(f.db, func(tx *bbolt.Tx) error {
			t.tx = tx
			if err := fill(t); err != nil {
				return err
			}
			s.tally = t.tally
			return t.put(meta, stampKey(), s.encode())
		})
	})
	switch {
	case err == nil:
		f.last = s
		for _, then := range t.then {
			then()
		}
		return nil
	case outOfRoom(err) && f.lastIs(f.last.seq):
		return fmt.Errorf("%w: %v", errNoRoom, err)
	}
	return f.breaks(err)
}

// guard turns a panic into an error. bbolt panics on pages that it cannot
// make sense of, and then may not release its locks.
func (f *file) guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f.stuck = true
			err = fmt.Errorf("bbolt panicked: %v", p)
		}
	}()
	return do()
}

// lastIs reports whether the last transaction that bbolt shows is surely the
// one of that number.
func (f *file) lastIs(seq uint64) bool {
	var s stamp
	err := f.guard(func() error {
		return f.db.View(func(tx *bbolt.Tx) (err error) {
			s, err = readStamp(tx)
			return err
		})
	})
	return err == nil && s.seq == seq
}

func readStamp(tx *bbolt.Tx) (stamp, error) {
	b := tx.Bucket(meta.name())
	if b == nil {
		return stamp{}, errNoStore
	}
	value := b.Get(stampKey())
	if value == nil {
		return stamp{}, errNoStore
	}
	content, err := unseal(meta, stampKey(), value)
	if err != nil {
		return stamp{}, err
	}
	return decodeStamp(content)
}

// close releases the file and its lock.
func (f *file) close() error {
	if f.db == nil || f.stuck {
		return errors.Join(unlock(f.os), f.os.Close())
	}
	return f.db.Close()
}

func (f *file) size() (int64, error) {
	info, err := f.os.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

var (
	errNoRoom  = errors.New("no room on the disk")
	errNoStore = errors.New("it is a bbolt file, but not a liveness store")
)

func errFormat(v uint32) error {
	return fmt.Errorf("it has format %d, this program reads format %d", v, format)
}
