package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// bbolt trusts the pages that it maps: a damaged one makes it panic, fault,
// run in circles or ask for all memory, not all of which a program survives.
// So the pages of a file are checked before bbolt sees them: every reference
// is in bounds, every page is used once or free, every key is in its place.
//
// The layout is that of bbolt's file format 2, in the byte order of the
// machine.
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

// checkPages returns nil if bbolt can safely open the file.
func checkPages(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("it is empty")
	}
	m, err := readMeta(f)
	if err != nil {
		return err
	}
	if m.high > uint64(info.Size())/m.pageSize {
		return fmt.Errorf("it was cut off: %d bytes, want at least %d pages of %d", info.Size(), m.high, m.pageSize)
	}
	w := &walk{meta: m, data: make([]byte, m.high*m.pageSize), seen: make([]bool, m.high)}
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, int64(len(w.data))), w.data); err != nil {
		return err
	}
	return w.run()
}

// walk visits every page once.
type walk struct {
	meta bboltMeta
	data []byte
	seen []bool
}

func (w *walk) run() error {
	if err := w.tree(w.meta.root, true, nil, nil); err != nil {
		return err
	}
	if err := w.freelist(); err != nil {
		return err
	}
	for id, seen := range w.seen {
		if id > 1 && !seen {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}

// bpage is one page with its overflow, or one inside a value.
type bpage struct {
	id           uint64
	flags, count uint64
	body         []byte // header included
}

func (w *walk) page(id uint64) (bpage, error) {
	if err := w.visit(id); err != nil {
		return bpage{}, err
	}
	size := w.meta.pageSize
	p := parsePage(w.data[id*size:])
	overflow := uint64(native.Uint32(p.body[12:]))
	if p.id != id || overflow >= w.meta.high-id {
		return bpage{}, fmt.Errorf("the header of page %d is damaged", id)
	}
	for i := range overflow {
		if err := w.visit(id + 1 + i); err != nil {
			return bpage{}, err
		}
	}
	p.body = p.body[:(1+overflow)*size]
	return p, nil
}

func parsePage(b []byte) bpage {
	return bpage{native.Uint64(b), uint64(native.Uint16(b[8:])), uint64(native.Uint16(b[10:])), b}
}

func (w *walk) visit(id uint64) error {
	if id < 2 || id >= w.meta.high {
		return fmt.Errorf("page %d does not exist", id)
	}
	if w.seen[id] {
		return fmt.Errorf("page %d is used twice", id)
	}
	w.seen[id] = true
	return nil
}

// tree visits the pages under id, whose first key is low, if that is known, and
// whose keys are below high. The tree of root holds buckets, any other records.
func (w *walk) tree(id uint64, root bool, low, high []byte) error {
	p, err := w.page(id)
	if err != nil {
		return err
	}
	switch p.flags {
	case leafPage:
		return w.leaf(p, root, low, high)
	case branchPage:
		return w.branch(p, root, low, high)
	}
	return fmt.Errorf("page %d has the wrong type %#x", id, p.flags)
}

func (w *walk) branch(p bpage, root bool, low, high []byte) error {
	var keys [][]byte
	var children []uint64
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		key, err := p.span(i, uint64(native.Uint32(e)), uint64(native.Uint32(e[4:])))
		if err != nil {
			return err
		}
		keys, children = append(keys, key), append(children, native.Uint64(e[8:]))
	}
	if len(keys) == 0 {
		return fmt.Errorf("page %d is an empty branch", p.id)
	}
	for i, key := range keys {
		if i == 0 && low != nil && !bytes.Equal(key, low) {
			return p.disorder()
		}
		next := high
		if i+1 < len(keys) {
			next = keys[i+1]
		}
		if next != nil && bytes.Compare(key, next) >= 0 {
			return p.disorder()
		}
		if err := w.tree(children[i], root, key, next); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) leaf(p bpage, root bool, low, high []byte) error {
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		keyLen := uint64(native.Uint32(e[8:]))
		pair, err := p.span(i, uint64(native.Uint32(e[4:])), keyLen+uint64(native.Uint32(e[12:])))
		if err != nil {
			return err
		}
		if keyLen > uint64(len(pair)) {
			return p.disorder()
		}
		key, value := pair[:keyLen], pair[keyLen:]
		first := i == 0 && (low == nil || bytes.Equal(key, low))
		if !first && (i == 0 || bytes.Compare(key, low) <= 0) || high != nil && bytes.Compare(key, high) >= 0 {
			return p.disorder()
		}
		low = key
		switch flags := native.Uint32(e); {
		case !root && flags == 0:
		case root && flags == bucketElement:
			if err := w.bucket(p, value); err != nil {
				return err
			}
		default:
			return fmt.Errorf("page %d has an element of the wrong type %#x", p.id, flags)
		}
	}
	return nil
}

// bucket visits the pages of a bucket, or the one inside its value.
func (w *walk) bucket(p bpage, value []byte) error {
	if len(value) < bucketHeader {
		return p.disorder()
	}
	if id := native.Uint64(value); id != 0 {
		return w.tree(id, false, nil, nil)
	}
	if len(value) < bucketHeader+pageHeader {
		return p.disorder()
	}
	inner := parsePage(value[bucketHeader:])
	if inner.flags != leafPage {
		return p.disorder()
	}
	inner.id = p.id
	return w.leaf(inner, false, nil, nil)
}

func (w *walk) freelist() error {
	p, err := w.page(w.meta.freelist)
	if err != nil {
		return err
	}
	ids := p.body[pageHeader:]
	count := p.count
	if count == 0xFFFF && len(ids) >= 8 {
		count, ids = native.Uint64(ids), ids[8:]
	}
	if p.flags != freelistPage || count > uint64(len(ids))/8 {
		return fmt.Errorf("the list of free pages at page %d is damaged", p.id)
	}
	for i := range count {
		if err := w.visit(native.Uint64(ids[8*i:])); err != nil {
			return err
		}
	}
	return nil
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

func (p bpage) disorder() error { return fmt.Errorf("page %d is damaged", p.id) }
