package redis

import (
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mood is what a network does to connections.
type mood int

const (
	well      mood = iota // it passes everything on
	blackHole             // it accepts connections, and passes nothing on
	refusing              // it ends all connections, and refuses others
	resetting             // it resets every connection after a while
	bytewise              // it passes on one byte at a time
	slow                  // it passes on replies 30 ms later, more or less
	halfOpen              // it passes on requests, and no reply
	stalling              // it passes on the first half of a reply
	moods
)

func (m mood) String() string {
	return [moods]string{"well", "black hole", "refusing", "resetting", "bytewise", "slow", "half open", "stalling"}[m]
}

// holds reports whether the network keeps all bytes until its mood is another one.
func (m mood) holds(reply bool) bool {
	return m == blackHole || reply && (m == halfOpen || m == stalling)
}

// network is a TCP proxy before a server. As TCP does, it loses nothing of a connection
// that lasts: the bytes that it holds arrive when it is well again.
type network struct {
	t      testing.TB
	server string
	addr   string
	all    sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while it refuses
	mood     mood
	changed  chan struct{} // closed when the mood changes
	closed   bool
	conns    map[net.Conn]bool
}

// startNetwork starts a network, which ends with the test.
func startNetwork(t testing.TB, server string) *network {
	n := &network{t: t, server: server, addr: "127.0.0.1:0", changed: make(chan struct{}), conns: make(map[net.Conn]bool)}
	n.listen()
	n.addr = n.listener.Addr().String()
	t.Cleanup(n.end)
	return n
}

// turn changes the mood.
func (n *network) turn(to mood) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mood = to
	close(n.changed)
	n.changed = make(chan struct{})
	switch {
	case to == refusing:
		n.listener.Close()
		n.listener = nil
		n.hangUp()
	case n.listener == nil:
		n.listen()
	}
	if to == resetting {
		for c := range n.conns {
			n.resetSoon(c)
		}
	}
}

// end closes everything and waits until all goroutines have ended.
func (n *network) end() {
	n.turn(well)
	n.mu.Lock()
	n.closed = true
	n.listener.Close()
	n.hangUp()
	n.mu.Unlock()
	n.all.Wait()
}

func (n *network) listen() {
	const tries = 100 // another connection may have the port for a moment
	var err error
	for range tries {
		if n.listener, err = net.Listen("tcp", n.addr); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.NoError(n.t, err)
	listener := n.listener
	n.all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			n.all.Go(func() { n.connect(client) })
		}
	})
}

// connect joins a client and the server until either of them ends.
func (n *network) connect(client net.Conn) {
	if !n.keep(client) {
		return
	}
	defer n.drop(client)
	n.await(false)
	server, err := net.Dial("tcp", n.server)
	if err != nil || !n.keep(server) {
		return
	}
	defer n.drop(server)
	n.all.Go(func() {
		n.relay(server, client, false)
		n.drop(server)
	})
	n.relay(client, server, true)
}

func (n *network) relay(to, from net.Conn, reply bool) {
	for buffer := make([]byte, 1<<16); ; {
		read, err := from.Read(buffer)
		if err != nil || n.pass(to, buffer[:read], reply) != nil {
			return
		}
	}
}

// pass passes bytes on as the mood has it.
func (n *network) pass(to net.Conn, bytes []byte, reply bool) error {
	pieces := [][]byte{bytes}
	switch m := n.now(); {
	case m == bytewise:
		pieces = nil
		for i := range bytes {
			pieces = append(pieces, bytes[i:i+1])
		}
	case m == slow && reply:
		time.Sleep(20*time.Millisecond + rand.N(20*time.Millisecond))
	case m == stalling && reply:
		half := len(bytes) / 2
		if _, err := to.Write(bytes[:half]); err != nil {
			return err
		}
		pieces[0] = bytes[half:]
	}
	n.await(reply)
	for _, piece := range pieces {
		if _, err := to.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func (n *network) now() mood {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mood
}

// await returns once the network holds no bytes.
func (n *network) await(reply bool) {
	for {
		n.mu.Lock()
		holds, changed := n.mood.holds(reply), n.changed
		n.mu.Unlock()
		if !holds {
			return
		}
		<-changed
	}
}

// keep reports false, and closes the connection, if the network connects no more.
func (n *network) keep(c net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.mood == refusing {
		c.Close()
		return false
	}
	n.conns[c] = true
	if n.mood == resetting {
		n.resetSoon(c)
	}
	return true
}

func (n *network) drop(c net.Conn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	c.Close()
	delete(n.conns, c)
}

// hangUp closes all connections. It is called with the lock.
func (n *network) hangUp() {
	for c := range n.conns {
		c.Close()
	}
}

// resetSoon resets a connection after some requests.
func (n *network) resetSoon(c net.Conn) {
	time.AfterFunc(rand.N(50*time.Millisecond), func() {
		_ = c.(*net.TCPConn).SetLinger(0) // fails only if it is closed
		c.Close()
	})
}
