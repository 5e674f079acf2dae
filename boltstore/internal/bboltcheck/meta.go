package bboltcheck

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"io"
	"os"
)

const (
	metaMagic   = 0xED0CDAED
	metaVersion = 2

	minPageSize = 1 << 10
	maxPageSize = 1 << 16
)

// meta is the content of a meta page, as it lies behind the header. A file begins with two
// meta pages, which are written in turn.
type meta struct {
	Magic, Version, PageSize, Flags           uint32
	Root, Sequence, Freelist, HighWater, TxID uint64
	Checksum                                  uint64 // of all before
}

// readMeta returns the newer of the two meta pages, or the one that is whole.
func readMeta(f *os.File) (meta, error) {
	first, ok := metaAt(f, 0)
	if ok {
		second, also := metaAt(f, int64(first.PageSize))
		if also && second.PageSize == first.PageSize && second.TxID > first.TxID {
			return second, nil
		}
		return first, nil
	}
	for size := int64(minPageSize); size <= maxPageSize; size <<= 1 {
		if second, ok := metaAt(f, size); ok && int64(second.PageSize) == size {
			return second, nil
		}
	}
	return meta{}, whyNoMeta(f)
}

// whyNoMeta tells a damaged bbolt file from the file of another application.
func whyNoMeta(f *os.File) error {
	begin := make([]byte, maxPageSize+pageHeader+binary.Size(meta{}))
	n, err := f.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return err
	}
	begin = begin[:n]
	switch {
	case isZero(begin):
		return errors.New("it was never written: it begins with zeros")
	case len(begin) < pageHeader+binary.Size(meta{}) || bytes.Contains(begin, native.AppendUint32(nil, metaMagic)):
		return errors.New("both of its meta pages are damaged")
	}
	return ErrForeign
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func metaAt(f *os.File, offset int64) (m meta, ok bool) {
	b := make([]byte, binary.Size(m))
	if _, err := f.ReadAt(b, offset+pageHeader); err != nil {
		return m, false
	}
	if _, err := binary.Decode(b, native, &m); err != nil {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(b[:len(b)-binary.Size(m.Checksum)])
	const most = 1 << 40 // pages of any file
	return m, m.Magic == metaMagic && m.Version == metaVersion && m.Checksum == sum.Sum64() &&
		m.PageSize >= minPageSize && m.PageSize <= maxPageSize && m.HighWater < most
}
