// Package bboltcheck finds out whether a bbolt file is safe to open.
//
// bbolt trusts the pages that it maps: a damaged one makes it panic, fault,
// run in circles or ask for all memory, and a program may not survive that.
// So Check visits the pages of a file before bbolt sees them: every reference
// is in bounds, every page is used once or free, every key is in its place.
//
// Start with [New].
//
//	bboltcheck.go  Check, the walk over all pages
//	find.go        Find, the way to one record
//	meta.go        the beginning of a file
//
// The layout is that of bbolt's file format 2, in the byte order of the
// machine.
package bboltcheck

import (
	"bytes"
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
	meta   bboltMeta
	file   *os.File
	size   int64
	unused uint64   // pages that Check found free
	free   [][]byte // buffers of one page
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
	if m.high > uint64(info.Size())/m.pageSize {
		return nil, fmt.Errorf("it was cut off: %d bytes, want at least %d pages of %d", info.Size(), m.high, m.pageSize)
	}
	return &File{meta: m, file: f, size: info.Size()}, nil
}

// Size returns the size of the file in bytes.
func (f *File) Size() int64 { return f.size }

// Free returns how many bytes of the file hold nothing, once Check returned nil.
func (f *File) Free() int64 {
	return f.size - int64((f.meta.high-f.unused)*f.meta.pageSize)
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

// walk visits every page once. It holds no more pages in memory than the tree is
// deep.
type walk struct {
	*File
	record func(bucket, key, value []byte) error
	seen   map[uint64]uint64 // sets of 64 pages, as bits
	n      uint64            // pages that were seen
}

func (w *walk) run() error {
	if err := w.tree(w.meta.root, nil, nil, nil); err != nil {
		return err
	}
	if err := w.freelist(); err != nil {
		return err
	}
	const metaPages = 2
	if w.n == w.meta.high-metaPages {
		return nil
	}
	missing := uint64(metaPages)
	for w.has(missing) {
		missing++
	}
	p, err := w.read(missing, 1)
	if err != nil {
		return err
	}
	if isZero(p.body) {
		return fmt.Errorf("it is sparse: page %d of %d was never written", missing, w.meta.high)
	}
	return fmt.Errorf("page %d is neither used nor free", missing)
}

func (w *walk) has(id uint64) bool { return w.seen[id/64]&(1<<(id%64)) != 0 }

// bpage is one page with its overflow, or one inside a value.
type bpage struct {
	id           uint64
	flags, count uint64
	body         []byte // header included
}

// page reads a page of a tree with its overflow.
func (w *walk) page(id uint64) (bpage, error) {
	p, overflow, err := w.header(id)
	if err != nil {
		return bpage{}, err
	}
	for i := range overflow + 1 {
		if err := w.visit(id + i); err != nil {
			return bpage{}, err
		}
	}
	const most = 16 // a record of this store is smaller than two pages
	return w.whole(p, overflow, most)
}

// header reads the first of the pages of a node.
func (f *File) header(id uint64) (p bpage, overflow uint64, err error) {
	if !f.exists(id) {
		return bpage{}, 0, fmt.Errorf("page %d does not exist", id)
	}
	p, err = f.read(id, 1)
	if err != nil {
		return bpage{}, 0, err
	}
	overflow = uint64(native.Uint32(p.body[12:]))
	if p.id != id || overflow >= f.meta.high-id {
		return bpage{}, 0, fmt.Errorf("the header of page %d is damaged", id)
	}
	return p, overflow, nil
}

// whole adds the overflow to the first page of a tree's node, if it is not more than
// most: a damaged header asks for little memory.
func (f *File) whole(p bpage, overflow, most uint64) (bpage, error) {
	switch {
	case overflow > most:
		return bpage{}, fmt.Errorf("the header of page %d is damaged", p.id)
	case overflow == 0:
		return p, nil
	}
	f.release(p)
	return f.read(p.id, 1+overflow)
}

// read reads pages that lie side by side as one.
func (f *File) read(id, pages uint64) (bpage, error) {
	var b []byte
	if last := len(f.free) - 1; pages == 1 && last >= 0 {
		b, f.free = f.free[last], f.free[:last]
	} else {
		b = make([]byte, pages*f.meta.pageSize)
	}
	if _, err := f.file.ReadAt(b, int64(id*f.meta.pageSize)); err != nil {
		return bpage{}, err
	}
	return parsePage(b), nil
}

// release says that the page is used no more.
func (f *File) release(p bpage) {
	if uint64(len(p.body)) == f.meta.pageSize {
		f.free = append(f.free, p.body)
	}
}

func parsePage(b []byte) bpage {
	return bpage{native.Uint64(b), uint64(native.Uint16(b[8:])), uint64(native.Uint16(b[10:])), b}
}

func (f *File) exists(id uint64) bool { return id >= 2 && id < f.meta.high }

func (w *walk) visit(id uint64) error {
	if !w.exists(id) {
		return fmt.Errorf("page %d does not exist", id)
	}
	if w.has(id) {
		return fmt.Errorf("page %d is used twice", id)
	}
	w.seen[id/64] |= 1 << (id % 64)
	w.n++
	return nil
}

// tree visits the pages under id, whose first key is low, if that is known, and
// whose keys are below high: those of a bucket, or of the root, which holds buckets.
func (w *walk) tree(id uint64, bucket, low, high []byte) error {
	p, err := w.page(id)
	if err != nil {
		return err
	}
	defer w.release(p)
	switch p.flags {
	case leafPage:
		return w.leaf(p, bucket, low, high)
	case branchPage:
		return w.branch(p, bucket, low, high)
	}
	return p.wrongType()
}

func (w *walk) branch(p bpage, bucket, low, high []byte) error {
	if p.count == 0 {
		return fmt.Errorf("page %d is an empty branch", p.id)
	}
	key, child, err := p.branchElement(0)
	if err != nil {
		return err
	}
	if low != nil && !bytes.Equal(key, low) {
		return p.disorder()
	}
	for i := range p.count {
		next, nextChild := high, uint64(0)
		if i+1 < p.count {
			if next, nextChild, err = p.branchElement(i + 1); err != nil {
				return err
			}
		}
		if next != nil && bytes.Compare(key, next) >= 0 {
			return p.disorder()
		}
		if err := w.tree(child, bucket, key, next); err != nil {
			return err
		}
		key, child = next, nextChild
	}
	return nil
}

func (w *walk) leaf(p bpage, bucket, low, high []byte) error {
	for i := range p.count {
		flags, key, value, err := p.leafElement(i)
		if err != nil {
			return err
		}
		first := i == 0 && (low == nil || bytes.Equal(key, low))
		if !first && (i == 0 || bytes.Compare(key, low) <= 0) || high != nil && bytes.Compare(key, high) >= 0 {
			return p.disorder()
		}
		low = key
		switch {
		case bucket != nil && flags == 0:
			err = w.record(bucket, key, value)
		case bucket == nil && flags == bucketElement:
			err = w.bucket(p, key, value)
		default:
			err = fmt.Errorf("page %d has an element of the wrong type %#x", p.id, flags)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket visits the pages of a bucket, or the one inside its value.
func (w *walk) bucket(p bpage, name, value []byte) error {
	root, inner, err := p.bucketAt(value)
	if err != nil {
		return err
	}
	if root != 0 {
		return w.tree(root, name, nil, nil)
	}
	return w.leaf(inner, name, nil, nil)
}

// freelist visits the free pages. However long the list is, one page of it is in
// memory.
func (w *walk) freelist() error {
	first, overflow, err := w.header(w.meta.freelist)
	if err != nil {
		return err
	}
	damaged := fmt.Errorf("the list of free pages at page %d is damaged", first.id)
	count, at := first.count, uint64(pageHeader)
	if count == 0xFFFF {
		count, at = native.Uint64(first.body[at:]), at+8
	}
	if first.flags != freelistPage || count > ((overflow+1)*w.meta.pageSize-at)/8 {
		return damaged
	}
	p := first
	w.unused = count
	for ; count > 0; count, at = count-1, at+8 {
		if at > 0 && at%w.meta.pageSize == 0 {
			w.release(p)
			if p, err = w.read(first.id+at/w.meta.pageSize, 1); err != nil {
				return err
			}
		}
		if err := w.visit(native.Uint64(p.body[at%w.meta.pageSize:])); err != nil {
			return err
		}
	}
	for i := range overflow + 1 {
		if err := w.visit(first.id + i); err != nil {
			return err
		}
	}
	return nil
}

// bucketAt returns the root page of a bucket, or, if that is 0, the page inside its
// value.
func (p bpage) bucketAt(value []byte) (root uint64, inner bpage, err error) {
	if len(value) < bucketHeader {
		return 0, bpage{}, p.disorder()
	}
	if root := native.Uint64(value); root != 0 {
		return root, bpage{}, nil
	}
	if len(value) < bucketHeader+pageHeader {
		return 0, bpage{}, p.disorder()
	}
	inner = parsePage(value[bucketHeader:])
	if inner.flags != leafPage {
		return 0, bpage{}, p.disorder()
	}
	inner.id = p.id
	return 0, inner, nil
}

func (p bpage) branchElement(i uint64) (key []byte, child uint64, err error) {
	e, err := p.element(i)
	if err != nil {
		return nil, 0, err
	}
	key, err = p.span(i, uint64(native.Uint32(e)), uint64(native.Uint32(e[4:])))
	return key, native.Uint64(e[8:]), err
}

func (p bpage) leafElement(i uint64) (flags uint32, key, value []byte, err error) {
	e, err := p.element(i)
	if err != nil {
		return 0, nil, nil, err
	}
	keyLen := uint64(native.Uint32(e[8:]))
	pair, err := p.span(i, uint64(native.Uint32(e[4:])), keyLen+uint64(native.Uint32(e[12:])))
	if err != nil {
		return 0, nil, nil, err
	}
	return native.Uint32(e), pair[:keyLen], pair[keyLen:], nil
}

func (p bpage) element(i uint64) ([]byte, error) {
	at := pageHeader + i*element
	if at+element > uint64(len(p.body)) {
		return nil, p.disorder()
	}
	return p.body[at : at+element], nil
}

// span returns n bytes that lie so far behind the beginning of element i.
func (p bpage) span(i, offset, n uint64) ([]byte, error) {
	from := pageHeader + i*element + offset
	if from+n > uint64(len(p.body)) {
		return nil, p.disorder()
	}
	return p.body[from : from+n], nil
}

func (p bpage) wrongType() error {
	return fmt.Errorf("page %d has the wrong type %#x", p.id, p.flags)
}

func (p bpage) disorder() error { return fmt.Errorf("page %d is damaged", p.id) }
