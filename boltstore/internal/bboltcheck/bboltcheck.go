// Package bboltcheck finds out whether a bbolt file is safe to open.
//
// bbolt trusts the pages that it maps: a damaged one makes it panic, fault,
// run in circles or ask for all memory, and a program may not survive that.
// So Check visits the pages of a file before bbolt sees them: every reference
// is in bounds, every page is used once or free, every key is in its place.
//
// Start with [New].
//
//	bboltcheck.go  File: New, Check
//	meta.go        the two meta pages at the beginning of a file
//	page.go        any other page, and its elements
//	walk.go        Check: the walk over all pages
//	find.go        Find: the way to one record
//
// The layout is that of bbolt's file format 2, in the byte order of the
// machine.
package bboltcheck

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

const (
	pageHeader   = 16 // id uint64, flags uint16, count uint16, overflow uint32
	element      = 16 // of a branch or a leaf
	bucketHeader = 16 // root uint64, sequence uint64

	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10

	bucketElement = 0x01
)

var native = binary.NativeEndian

// ErrForeign is returned for the file of another application.
var ErrForeign = errors.New("it is not a bbolt file")

// File is a bbolt file that is read without bbolt. It needs memory for a few pages,
// and in Check one byte more for each few of the file.
type File struct {
	meta      meta
	pageSize  uint64
	file      *os.File
	size      int64
	freePages uint64   // found by Check
	buffers   [][]byte // of one page each, to be used again
}

// New returns the file in f. The error says so if f is empty, or was never written or
// cut off, and is ErrForeign if it surely was never a bbolt file.
func New(f *os.File) (*File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, errors.New("it is empty")
	}
	m, err := readMeta(f)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err != nil { // it may have grown before the meta page was written
		return nil, err
	}
	if m.HighWater > uint64(info.Size())/uint64(m.PageSize) {
		return nil, fmt.Errorf("it was cut off: %d bytes, want at least %d pages of %d", info.Size(), m.HighWater, m.PageSize)
	}
	return &File{meta: m, pageSize: uint64(m.PageSize), file: f, size: info.Size()}, nil
}

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Free returns how many bytes of the file hold nothing, once Check returned nil.
func (f *File) Free() int64 {
	return f.size - int64((f.meta.HighWater-f.freePages)*f.pageSize)
}

// Current reports whether no transaction was made since New. Pages that were in use
// then are as they were: a transaction writes over pages that the one before set free.
func (f *File) Current() (bool, error) {
	m, err := readMeta(f.file)
	return m == f.meta, err
}

// Check returns nil if bbolt can safely open the file, and no page of it is much
// longer than a record of boltstore. It calls record with each record, which is valid
// until record returns, in the order of buckets and keys, and returns its error.
func (f *File) Check(record func(bucket, key, value []byte) error) error {
	w := &walk{File: f, seen: make(map[uint64]uint64), record: record}
	return w.run()
}
