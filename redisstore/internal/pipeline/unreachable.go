package pipeline

import (
	"net"
	"syscall"
	"time"
)

// Unreachable stands for a connection that could not be made: each use fails with Err. If a
// dialer returns the error instead, go-redis writes it to standard error, and after some
// failures it dials only once in a second.
type Unreachable struct{ Err error }

// go-redis unwraps the error of a new connection once.
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
