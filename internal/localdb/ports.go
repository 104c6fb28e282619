package localdb

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
)

// A server that is started again wants its port again. So ports are chosen below those that
// the kernel gives to outgoing connections (net.ipv4.ip_local_port_range, from 32768 on
// Linux): else one of these may be in the way by then.
const lowestPort, highestPort = 20_000, 32_000

// listenFree listens on a free port of 127.0.0.1, any one if many that it tries are taken.
func listenFree() (net.Listener, error) {
	const tries = 50
	for range tries {
		if l, err := net.Listen("tcp", loopback(lowestPort+rand.N(highestPort-lowestPort))); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", loopback(0))
}

// FreeAddress is a host and port of this machine that nobody listens on, and that a server
// which is started again there can have again.
func FreeAddress() (string, error) {
	l, err := listenFree()
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// freePorts returns ports of 127.0.0.1 that nobody listens on, the preferred
// ones where they are free. Somebody may still take one before the database
// does; the caller then tries again.
func freePorts(n int, preferred []int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		var l net.Listener
		err := errors.ErrUnsupported
		if i < len(preferred) {
			l, err = net.Listen("tcp", loopback(preferred[i]))
		}
		if err != nil {
			l, err = listenFree()
		}
		if err != nil {
			return nil, fmt.Errorf("find a free port on 127.0.0.1: %w", err)
		}
		// Held open until all are chosen, so that they differ.
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func parsePorts(s string) []int {
	var ports []int
	for f := range strings.FieldsSeq(s) {
		if p, err := strconv.Atoi(f); err == nil && p > 0 && p < 1<<16 {
			ports = append(ports, p)
		}
	}
	return ports
}

func formatPorts(ports []int) string {
	return strings.Trim(fmt.Sprint(ports), "[]") + "\n"
}
