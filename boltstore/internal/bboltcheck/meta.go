package bboltcheck

import (
	"bytes"
	"errors"
	"hash/fnv"
	"io"
	"os"
)

// The beginning of a bbolt file is two meta pages, written in turn.
const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2
	metaSize    = 64 // bytes
)

// bboltMeta is what a meta page says.
type bboltMeta struct {
	pageSize, root, freelist, high, txid uint64
}

// readMeta returns the newer of the two meta pages, or the one that is whole.
func readMeta(f *os.File) (bboltMeta, error) {
	first, ok := metaAt(f, 0)
	if ok {
		second, also := metaAt(f, int64(first.pageSize))
		if also && second.pageSize == first.pageSize && second.txid > first.txid {
			return second, nil
		}
		return first, nil
	}
	for size := int64(1 << 10); size <= 1<<16; size <<= 1 {
		if second, ok := metaAt(f, size); ok && second.pageSize == uint64(size) {
			return second, nil
		}
	}
	return bboltMeta{}, whyNoMeta(f)
}

// whyNoMeta tells a damaged bbolt file from the file of another application.
func whyNoMeta(f *os.File) error {
	begin := make([]byte, 1<<16+pageHeader+metaSize)
	n, err := f.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return err
	}
	begin = begin[:n]
	switch {
	case isZero(begin):
		return errors.New("it was never written: it begins with zeros")
	case len(begin) < pageHeader+metaSize || bytes.Contains(begin, native.AppendUint32(nil, metaMagic)):
		return errors.New("both of its meta pages are damaged")
	}
	return ErrForeign
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func metaAt(f *os.File, offset int64) (m bboltMeta, ok bool) {
	b := make([]byte, metaSize)
	if _, err := f.ReadAt(b, offset+pageHeader); err != nil {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(b[:56])
	if native.Uint32(b) != metaMagic || native.Uint32(b[4:]) != metaVersion || native.Uint64(b[56:]) != sum.Sum64() {
		return m, false
	}
	m = bboltMeta{
		pageSize: uint64(native.Uint32(b[8:])),
		root:     native.Uint64(b[16:]),
		freelist: native.Uint64(b[32:]),
		high:     native.Uint64(b[40:]),
		txid:     native.Uint64(b[48:]),
	}
	return m, m.pageSize >= 1<<10 && m.pageSize <= 1<<16 && m.high < 1<<40
}
