package localdb

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// freePorts returns ports of 127.0.0.1 that nobody listens on, the preferred
// ones where they are free. Somebody may still take one before the database
// does; the caller then tries again.
func freePorts(n int, preferred []int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		want := 0
		if i < len(preferred) {
			want = preferred[i]
		}
		l, err := net.Listen("tcp", loopback(want))
		if err != nil && want != 0 {
			l, err = net.Listen("tcp", loopback(0))
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
