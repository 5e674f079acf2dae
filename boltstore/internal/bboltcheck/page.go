package bboltcheck

import "fmt"

// bpage is one page with its overflow, or one inside a value.
type bpage struct {
	id           uint64
	flags, count uint64
	body         []byte // header included
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
