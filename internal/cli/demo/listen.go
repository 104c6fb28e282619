package demo

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"
)

// Address is where a port listens. A default that is taken is replaced by a
// free port; one that somebody asked for is not.
type Address struct {
	Value string // host:port
	Asked bool
}

// chosen is the outcome of choosing addresses.
type chosen struct {
	addresses []string
	notes     []string // what was replaced, for people
}

// choose finds out which of the addresses can be used. Somebody may still take
// one before the server does; the server then says so.
func choose(wanted ...Address) (chosen, error) {
	var c chosen
	for _, want := range wanted {
		l, err := net.Listen("tcp", want.Value)
		if errors.Is(err, syscall.EADDRINUSE) && !want.Asked {
			l, err = anyPort(want.Value)
			if err == nil {
				c.notes = append(c.notes, fmt.Sprintf("%s is taken: using %s instead", want.Value, l.Addr()))
			}
		}
		if err != nil {
			return c, fmt.Errorf("listen on %s: %w", want.Value, err)
		}
		// Held open until all are chosen, so that they differ.
		defer l.Close()
		c.addresses = append(c.addresses, l.Addr().String())
	}
	return c, nil
}

func anyPort(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

// reachable is an address as clients of this machine dial it: one that listens
// everywhere is reached at home.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// hostOf is host:port of a URL.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}
