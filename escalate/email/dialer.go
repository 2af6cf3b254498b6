package email

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// dialer makes the one connection of a mail and lets it be closed from outside: the client heeds its context while dialling only.
type dialer struct {
	server server
	tls    *tls.Config

	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errJoinClose(conn)
	}
	d.conn = conn
	if d.server.tls != implicit {
		return conn, nil
	}
	t := tls.Client(conn, d.tls)
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	return t, nil // it shakes hands with the first byte, under that deadline
}

func errJoinClose(conn net.Conn) error {
	if err := conn.Close(); err != nil {
		return err
	}
	return context.Canceled
}

// close ends the connection; a second close does nothing.
func (d *dialer) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.conn != nil {
		_ = d.conn.Close() // the client may have closed it already; there is nobody left to tell
	}
}
