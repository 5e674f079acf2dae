package boltstore

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"

	"github.com/molecule-ai/liveness/boltstore/internal/bboltcheck"
	"github.com/molecule-ai/liveness/internal/roster"
)

// file is the open bbolt file. The committer alone uses it.
type file struct {
	path      string
	os        *os.File
	db        *bbolt.DB
	pageSize  int64 // of bbolt, in bytes
	host      host
	last      stamp // of the last transaction
	allocated int64 // bytes that are surely allocated on the disk
	broken    error // why writes fail; nil while they do not
	foreign   bool  // not of this version of this program
	panicked  bool  // bbolt did, and may not have released its locks
}

// txn writes records within one transaction.
type txn struct {
	tally
	tx   *bbolt.Tx
	fill float64  // of a page of bbolt before it is split; 0: the default of bbolt
	then []func() // called once the transaction is on the disk
}

func (t *txn) put(b bucket, key, content []byte) error {
	in := t.tx.Bucket(b.name())
	switch {
	case b == deadlines:
		in.FillPercent = 1 // blocks are appended, and then only replaced
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

// putURL writes a cached URL, unless it is "".
func (t *txn) putURL(kind bucket, id string, url roster.CachedURL) error {
	if url.URL == "" {
		return nil
	}
	return t.put(kind, []byte(id), encodeURL(url))
}

func (t *txn) deleteURLs(key []byte) error {
	return errors.Join(t.delete(public, key), t.delete(internal, key))
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
	f.db.MaxSize = f.host.maxSize()
	err := f.guard(func() error {
		return f.host.update(f.db, func(tx *bbolt.Tx) error {
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
	case outOfRoom(err) && f.lastIs(f.last.seq) == nil:
		return fmt.Errorf("%w: %v", errNoRoom, err)
	}
	return f.breaks(err)
}

// guard turns a panic into an error. bbolt panics on pages that it cannot
// make sense of, and then may not release its locks.
func (f *file) guard(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			f.panicked = true
			err = fmt.Errorf("bbolt panicked: %v", p)
		}
	}()
	return do()
}

// lastIs returns nil if the last transaction that bbolt shows has this number.
func (f *file) lastIs(seq uint64) error {
	return f.guard(func() error {
		return f.db.View(func(tx *bbolt.Tx) error {
			s, err := readStamp(tx)
			if err == nil && s.seq != seq {
				err = fmt.Errorf("bbolt shows transaction %d, want %d", s.seq, seq)
			}
			return err
		})
	})
}

func readStamp(tx *bbolt.Tx) (stamp, error) {
	for b := range buckets {
		if tx.Bucket(b.name()) == nil {
			return stamp{}, fmt.Errorf("the bucket %s is missing", b.name())
		}
	}
	return unsealStamp(tx.Bucket(meta.name()).Get(stampKey()))
}

// unsealStamp returns the stamp in a record.
func unsealStamp(value []byte) (stamp, error) {
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
	if f.db == nil || f.panicked {
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

// isForeign reports whether the error is about a whole file that is not of this
// program, or of another version of it.
func isForeign(err error) bool {
	return errors.Is(err, bboltcheck.ErrForeign) || errors.Is(err, errNoStore) || errors.As(err, new(formatError))
}

// formatError is the format of a file by another version of this program.
type formatError uint32

func (e formatError) Error() string {
	return fmt.Sprintf("it has format %d, this program reads format %d", uint32(e), format)
}
