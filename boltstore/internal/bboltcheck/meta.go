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

// meta is what a meta page says. A file begins with two, which are written in turn.
type meta struct {
	pageSize, root, freelist, highWater, txid uint64
}

// metaPage is the layout of a meta page behind its header.
type metaPage struct {
	Magic, Version, PageSize, Flags           uint32
	Root, Sequence, Freelist, HighWater, TxID uint64
	Checksum                                  uint64 // of all before
}

// readMeta returns the newer of the two meta pages, or the one that is whole.
func readMeta(f *os.File) (meta, error) {
	first, ok := metaAt(f, 0)
	if ok {
		second, also := metaAt(f, int64(first.pageSize))
		if also && second.pageSize == first.pageSize && second.txid > first.txid {
			return second, nil
		}
		return first, nil
	}
	for size := int64(minPageSize); size <= maxPageSize; size <<= 1 {
		if second, ok := metaAt(f, size); ok && second.pageSize == uint64(size) {
			return second, nil
		}
	}
	return meta{}, whyNoMeta(f)
}

// whyNoMeta tells a damaged bbolt file from the file of another application.
func whyNoMeta(f *os.File) error {
	begin := make([]byte, maxPageSize+pageHeader+binary.Size(metaPage{}))
	n, err := f.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return err
	}
	begin = begin[:n]
	switch {
	case isZero(begin):
		return errors.New("it was never written: it begins with zeros")
	case len(begin) < pageHeader+binary.Size(metaPage{}) || bytes.Contains(begin, native.AppendUint32(nil, metaMagic)):
		return errors.New("both of its meta pages are damaged")
	}
	return ErrForeign
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

func metaAt(f *os.File, offset int64) (m meta, ok bool) {
	var p metaPage
	b := make([]byte, binary.Size(p))
	if _, err := f.ReadAt(b, offset+pageHeader); err != nil {
		return m, false
	}
	if _, err := binary.Decode(b, native, &p); err != nil {
		return m, false
	}
	sum := fnv.New64a()
	sum.Write(b[:len(b)-binary.Size(p.Checksum)])
	if p.Magic != metaMagic || p.Version != metaVersion || p.Checksum != sum.Sum64() {
		return m, false
	}
	const most = 1 << 40 // pages, of any file
	m = meta{pageSize: uint64(p.PageSize), root: p.Root, freelist: p.Freelist, highWater: p.HighWater, txid: p.TxID}
	return m, m.pageSize >= minPageSize && m.pageSize <= maxPageSize && m.highWater < most
}
