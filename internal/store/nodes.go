package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// lifeJitter spreads the ends of connections, so that they are not all made
// anew at once.
const lifeJitter = 10 // percent of their life

// node is one node of the database and the ways to reach it, in their order:
// with TLS and, where the URL allows it, without.
type node []*pgconn.FallbackConfig

// nodes are where a connection may go: to any of the near ones, in an order
// that is shuffled for each connection so that they share the load, and, where
// none of them answers, to any of the far ones.
type nodes struct{ near, far []node }

// nodesOf reads the nodes: those of the URL, and further ones as host:port with
// commas between, which are reached in the same ways.
func nodesOf(c Config, parsed *pgx.ConnConfig) (nodes, error) {
	var n nodes
	ways := append(node{{Host: parsed.Host, Port: parsed.Port, TLSConfig: parsed.TLSConfig}}, parsed.Fallbacks...)
	for _, w := range ways {
		last := len(n.near) - 1
		if last >= 0 && n.near[last][0].Host == w.Host && n.near[last][0].Port == w.Port {
			n.near[last] = append(n.near[last], w)
			continue
		}
		n.near = append(n.near, node{w})
	}
	first := n.near[0]
	near, err := alike(first, c.Near)
	if err != nil {
		return n, err
	}
	n.near = append(n.near, near...)
	n.far, err = alike(first, c.Far)
	return n, err
}

// alike are nodes that are reached as the first one is, at other addresses.
func alike(first node, addresses string) ([]node, error) {
	var list []node
	for address := range strings.SplitSeq(addresses, ",") {
		if addresses == "" {
			break
		}
		host, port, err := net.SplitHostPort(strings.TrimSpace(address))
		number, wrong := strconv.ParseUint(port, 10, 16)
		if err != nil || wrong != nil || host == "" || number == 0 {
			return nil, fmt.Errorf("store: %q is not the host:port of a node", address)
		}
		var one node
		for _, way := range first {
			f := &pgconn.FallbackConfig{Host: host, Port: uint16(number)}
			if way.TLSConfig != nil {
				f.TLSConfig = way.TLSConfig.Clone()
				if f.TLSConfig.ServerName != "" {
					f.TLSConfig.ServerName = host
				}
			}
			one = append(one, f)
		}
		list = append(list, one)
	}
	return list, nil
}

// order puts the nodes of one connection in the order in which it tries them.
func (n nodes) order(_ context.Context, c *pgx.ConnConfig) error {
	var all node
	for _, part := range [][]node{n.near, n.far} {
		for _, i := range rand.Perm(len(part)) {
			all = append(all, part[i]...)
		}
	}
	c.Host, c.Port, c.TLSConfig, c.Fallbacks = all[0].Host, all[0].Port, all[0].TLSConfig, all[1:]
	return nil
}

// balance makes a pool go to the nodes in order, and come back to the near ones
// when they are there again: no connection lives longer than its time.
func balance(pc *pgxpool.Config, c Config) error {
	n, err := nodesOf(c, pc.ConnConfig)
	if err != nil {
		return err
	}
	pc.BeforeConnect = n.order
	pc.MaxConnLifetime = c.ConnLifetime
	pc.MaxConnLifetimeJitter = c.ConnLifetime * lifeJitter / 100
	return nil
}

// Where tells the region of the node that answers, empty where the database
// knows no regions.
func (s *Store) Where(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.ConnectTimeout)
	defer cancel()
	version, err := s.Engine(ctx)
	if err != nil || !strings.HasPrefix(version, "CockroachDB") {
		return "", err
	}
	var locality string
	if err := s.pool.QueryRow(ctx, "SHOW LOCALITY").Scan(&locality); err != nil {
		return "", readError(err)
	}
	if !strings.Contains(locality, "region=") {
		return "", nil
	}
	return regionIn(locality), nil
}

// defaultLifetime is how long a connection lives when nothing is configured.
const defaultLifetime = 5 * time.Minute
