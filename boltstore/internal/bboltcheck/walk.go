package bboltcheck

import (
	"bytes"
	"fmt"
)

// walk visits every page once. It holds no more pages in memory than the tree is
// deep.
type walk struct {
	*File
	record func(bucket, key, value []byte) error
	seen   map[uint64]uint64 // sets of 64 pages, as bits
	n      uint64            // pages that were seen
}

func (w *walk) run() error {
	if err := w.tree(w.meta.Root, nil, nil, nil); err != nil {
		return err
	}
	if err := w.freelist(); err != nil {
		return err
	}
	const metaPages = 2
	if w.n == w.meta.HighWater-metaPages {
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
		return fmt.Errorf("it is sparse: page %d of %d was never written", missing, w.meta.HighWater)
	}
	return fmt.Errorf("page %d is neither used nor free", missing)
}

func (w *walk) has(id uint64) bool { return w.seen[id/64]&(1<<(id%64)) != 0 }

// page reads a page of a tree with its overflow.
func (w *walk) page(id uint64) (page, error) {
	p, overflow, err := w.header(id)
	if err != nil {
		return page{}, err
	}
	for i := range overflow + 1 {
		if err := w.visit(id + i); err != nil {
			return page{}, err
		}
	}
	const most = 16 // a record of this store is smaller than two pages
	return w.whole(p, overflow, most)
}

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
	defer w.recycle(p)
	switch p.flags {
	case leafPage:
		return w.leaf(p, bucket, low, high)
	case branchPage:
		return w.branch(p, bucket, low, high)
	}
	return p.wrongType()
}

func (w *walk) branch(p page, bucket, low, high []byte) error {
	if p.count == 0 {
		return fmt.Errorf("page %d is an empty branch", p.id)
	}
	key, child, err := p.branchElement(0)
	if err != nil {
		return err
	}
	if low != nil && !bytes.Equal(key, low) {
		return p.damaged()
	}
	for i := range p.count {
		next, nextChild := high, uint64(0)
		if i+1 < p.count {
			if next, nextChild, err = p.branchElement(i + 1); err != nil {
				return err
			}
		}
		if next != nil && bytes.Compare(key, next) >= 0 {
			return p.damaged()
		}
		if err := w.tree(child, bucket, key, next); err != nil {
			return err
		}
		key, child = next, nextChild
	}
	return nil
}

func (w *walk) leaf(p page, bucket, low, high []byte) error {
	for i := range p.count {
		flags, key, value, err := p.leafElement(i)
		if err != nil {
			return err
		}
		first := i == 0 && (low == nil || bytes.Equal(key, low))
		if !first && (i == 0 || bytes.Compare(key, low) <= 0) || high != nil && bytes.Compare(key, high) >= 0 {
			return p.damaged()
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
func (w *walk) bucket(p page, name, value []byte) error {
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
	first, overflow, err := w.header(w.meta.Freelist)
	if err != nil {
		return err
	}
	damaged := fmt.Errorf("the list of free pages at page %d is damaged", first.id)
	count, at := first.count, uint64(pageHeader)
	if count == 0xFFFF {
		count, at = native.Uint64(first.body[at:]), at+8
	}
	if first.flags != freelistPage || count > ((overflow+1)*w.pageSize-at)/8 {
		return damaged
	}
	p := first
	w.freePages = count
	for ; count > 0; count, at = count-1, at+8 {
		if at > 0 && at%w.pageSize == 0 {
			w.recycle(p)
			if p, err = w.read(first.id+at/w.pageSize, 1); err != nil {
				return err
			}
		}
		if err := w.visit(native.Uint64(p.body[at%w.pageSize:])); err != nil {
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
