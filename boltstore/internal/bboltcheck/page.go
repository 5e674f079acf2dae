package bboltcheck

import "fmt"

// page is one page with its overflow pages, or the page of a small bucket, which lies in
// the value of the bucket.
type page struct {
	id           uint64
	flags, count uint64
	body         []byte // header included
}

// header reads the page with the id, and how many overflow pages it has.
func (f *File) header(id uint64) (p page, overflow uint64, err error) {
	if !f.exists(id) {
		return page{}, 0, fmt.Errorf("page %d does not exist", id)
	}
	p, err = f.read(id, 1)
	if err != nil {
		return page{}, 0, err
	}
	overflow = uint64(native.Uint32(p.body[12:]))
	if p.id != id || overflow >= f.meta.HighWater-id {
		return page{}, 0, fmt.Errorf("the header of page %d is damaged", id)
	}
	return p, overflow, nil
}

// whole reads a page again with its overflow pages. More than most is an error, so that a
// damaged header cannot ask for much memory.
func (f *File) whole(p page, overflow, most uint64) (page, error) {
	switch {
	case overflow > most:
		return page{}, fmt.Errorf("the header of page %d is damaged", p.id)
	case overflow == 0:
		return p, nil
	}
	f.recycle(p)
	return f.read(p.id, 1+overflow)
}

// read reads pages that lie side by side as one.
func (f *File) read(id, pages uint64) (page, error) {
	var b []byte
	if last := len(f.buffers) - 1; pages == 1 && last >= 0 {
		b, f.buffers = f.buffers[last], f.buffers[:last]
	} else {
		b = make([]byte, pages*f.pageSize)
	}
	if _, err := f.file.ReadAt(b, int64(id*f.pageSize)); err != nil {
		return page{}, err
	}
	return parsePage(b), nil
}

// recycle lets the buffer of a page be used again.
func (f *File) recycle(p page) {
	if uint64(len(p.body)) == f.pageSize {
		f.buffers = append(f.buffers, p.body)
	}
}

func parsePage(b []byte) page {
	return page{native.Uint64(b), uint64(native.Uint16(b[8:])), uint64(native.Uint16(b[10:])), b}
}

func (f *File) exists(id uint64) bool { return id >= 2 && id < f.meta.HighWater }

// bucketAt returns the root page of a bucket, or, if that is 0, the page inside its
// value.
func (p page) bucketAt(value []byte) (root uint64, inner page, err error) {
	if len(value) < bucketHeader {
		return 0, page{}, p.damaged()
	}
	if root := native.Uint64(value); root != 0 {
		return root, page{}, nil
	}
	if len(value) < bucketHeader+pageHeader {
		return 0, page{}, p.damaged()
	}
	inner = parsePage(value[bucketHeader:])
	if inner.flags != leafPage {
		return 0, page{}, p.damaged()
	}
	inner.id = p.id
	return 0, inner, nil
}

func (p page) branchElement(i uint64) (key []byte, child uint64, err error) {
	e, err := p.element(i)
	if err != nil {
		return nil, 0, err
	}
	key, err = p.span(i, uint64(native.Uint32(e)), uint64(native.Uint32(e[4:])))
	return key, native.Uint64(e[8:]), err
}

func (p page) leafElement(i uint64) (flags uint32, key, value []byte, err error) {
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

func (p page) element(i uint64) ([]byte, error) {
	at := pageHeader + i*element
	if at+element > uint64(len(p.body)) {
		return nil, p.damaged()
	}
	return p.body[at : at+element], nil
}

// span returns n bytes that lie so far behind the beginning of element i.
func (p page) span(i, offset, n uint64) ([]byte, error) {
	from := pageHeader + i*element + offset
	if from+n > uint64(len(p.body)) {
		return nil, p.damaged()
	}
	return p.body[from : from+n], nil
}

func (p page) wrongType() error {
	return fmt.Errorf("page %d has the wrong type %#x", p.id, p.flags)
}

func (p page) damaged() error { return fmt.Errorf("page %d is damaged", p.id) }
