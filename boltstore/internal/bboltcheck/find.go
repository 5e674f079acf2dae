package bboltcheck

import "bytes"

// Find returns the value of a key in a bucket, or nil if there is none. It reads the
// pages on the way there, and may miss the value in a damaged file.
func (f *File) Find(bucket, key []byte) ([]byte, error) {
	flags, value, err := f.find(f.meta.Root, bucket)
	if value == nil || flags != bucketElement || err != nil {
		return nil, err
	}
	root, inner, err := page{id: f.meta.Root}.bucketAt(value)
	if err != nil {
		return nil, err
	}
	if root == 0 {
		_, value, err = inner.find(key)
	} else {
		_, value, err = f.find(root, key)
	}
	return bytes.Clone(value), err
}

// find returns the element of a key in the tree under a page.
func (f *File) find(id uint64, key []byte) (flags uint32, value []byte, err error) {
	const (
		deepest = 64   // the tree of any file, or it goes in circles
		most    = 4096 // pages of one record of another application
	)
	for range deepest {
		p, overflow, err := f.header(id)
		if err != nil {
			return 0, nil, err
		}
		if p, err = f.whole(p, overflow, most); err != nil {
			return 0, nil, err
		}
		switch p.flags {
		case leafPage:
			return p.find(key)
		case branchPage:
			if id, err = p.childOf(key); err != nil {
				return 0, nil, err
			}
		default:
			return 0, nil, p.wrongType()
		}
	}
	return 0, nil, page{id: id}.damaged()
}

// childOf returns the child of a branch in which a key is, if anywhere.
func (p page) childOf(key []byte) (child uint64, err error) {
	for i := range p.count {
		first, next, err := p.branchElement(i)
		if err != nil {
			return 0, err
		}
		if i > 0 && bytes.Compare(first, key) > 0 {
			break
		}
		child = next
	}
	return child, nil
}

func (p page) find(key []byte) (flags uint32, value []byte, err error) {
	for i := range p.count {
		flags, itsKey, value, err := p.leafElement(i)
		if err != nil {
			return 0, nil, err
		}
		if bytes.Equal(itsKey, key) {
			return flags, value, nil
		}
	}
	return 0, nil, nil
}
