package pipeline

import (
	"net"
	"syscall"
	"time"
)

// Unreachable is the connection to a server to which there is none: it tells why when it
// is used. A client of go-redis that is told when it dials writes to standard error, and
// after some failures makes no more than one attempt in a second.
type Unreachable struct{ Err error }

// go-redis unwraps once what a new connection fails with.
func (u Unreachable) Read([]byte) (int, error)  { return 0, reason{u.Err} }
func (u Unreachable) Write([]byte) (int, error) { return 0, reason{u.Err} }

// SyscallConn fails, so that a pool takes none for a connection that is well.
func (u Unreachable) SyscallConn() (syscall.RawConn, error) { return nil, u.Err }

func (Unreachable) Close() error                     { return nil }
func (Unreachable) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (Unreachable) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (Unreachable) SetDeadline(time.Time) error      { return nil }
func (Unreachable) SetReadDeadline(time.Time) error  { return nil }
func (Unreachable) SetWriteDeadline(time.Time) error { return nil }

type reason struct{ error }

func (r reason) Unwrap() error { return r.error }
