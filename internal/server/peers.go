package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/rpc"
	"github.com/sushaan/exchange/internal/store"
)

const (
	// A gateway that missed this many beats is not handed writes.
	missedBeats = 3
	goneTimeout = 2 * time.Second
)

// peers knows the other gateways: those that the configuration names, and those
// that say in the database that they live.
type peers struct {
	self      rpc.Peer
	store     *store.Store
	every     time.Duration
	revision  func() string
	named     []rpc.Peer
	provinces map[string]string // by configuration; nil: as the database is placed
	known     atomic.Pointer[snapshot]
}

// snapshot is what the last beat found.
type snapshot struct {
	list      []rpc.Peer
	provinces map[string]string
}

func newPeers(c Config, s *store.Store, address string, revision func() string) (*peers, error) {
	named, err := pairs("peers", c.Peers)
	if err != nil {
		return nil, err
	}
	p := &peers{self: rpc.Peer{Region: c.Region, Address: address}, store: s, every: c.PeerInterval, revision: revision}
	for _, n := range named {
		p.named = append(p.named, rpc.Peer{Region: n[0], Address: n[1]})
	}
	provinces, err := pairs("provinces", c.Provinces)
	if err != nil {
		return nil, err
	}
	for _, n := range provinces {
		if p.provinces == nil {
			p.provinces = map[string]string{}
		}
		p.provinces[n[0]] = n[1]
	}
	p.known.Store(p.with(nil, nil))
	return p, nil
}

// pairs reads name=value pairs with commas between.
func pairs(setting, text string) ([][2]string, error) {
	var list [][2]string
	for part := range strings.SplitSeq(text, ",") {
		if text == "" {
			break
		}
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("%s: %q is not name=value", setting, part)
		}
		list = append(list, [2]string{name, value})
	}
	return list, nil
}

// with makes a snapshot: this gateway, those that are named, and those found.
func (p *peers) with(found []store.Gateway, placed map[string]string) *snapshot {
	s := &snapshot{list: append([]rpc.Peer{p.self}, p.named...), provinces: p.provinces}
	if s.provinces == nil {
		s.provinces = placed
	}
	for _, g := range found {
		if !slices.ContainsFunc(s.list, func(o rpc.Peer) bool { return o.Address == g.Address }) {
			s.list = append(s.list, rpc.Peer{Region: g.Region, Address: g.Address})
		}
	}
	return s
}

func (p *peers) list() []rpc.Peer                { return p.known.Load().list }
func (p *peers) regionOf(province string) string { return p.known.Load().provinces[province] }

// beat says once that this gateway lives, and learns which others do.
func (p *peers) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, missedBeats*p.every)
	defer cancel()
	found, err := p.store.Beat(ctx, store.Gateway{
		Address: p.self.Address, Region: p.self.Region, Revision: p.revision(), Version: programVersion(),
	}, max(missedBeats*p.every, time.Second))
	if err != nil {
		return err
	}
	placed := p.provinces
	if placed == nil {
		if placed, err = p.store.Provinces(ctx); err != nil {
			return err
		}
	}
	p.known.Store(p.with(found, placed))
	return nil
}

// runPeers beats until the context ends and then says goodbye. While the database
// does not answer, what was known last stays.
func (s *Server) runPeers(ctx context.Context) {
	tick := time.NewTicker(s.peers.every)
	defer tick.Stop()
	for {
		if err := s.peers.beat(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("the other gateways could not be learnt; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), goneTimeout)
			defer cancel()
			if err := s.store.GatewayGone(bye, s.peers.self.Address); err != nil {
				s.log.Warn("this gateway could not be taken off the list; it expires there", "error", err)
			}
			return
		case <-tick.C:
		}
	}
}

// peerTLS proves this gateway to the others, and them to it.
func peerTLS(c Config) (*tls.Config, error) {
	r := &reloader{cert: c.PeerCert, key: c.PeerKey}
	if _, err := r.get(nil); err != nil {
		return nil, fmt.Errorf("server: peers: %w", err)
	}
	pem, err := os.ReadFile(c.PeerCA)
	if err != nil {
		return nil, fmt.Errorf("server: peers: %w", err)
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("server: %s holds no certificate", c.PeerCA)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, GetCertificate: r.get, RootCAs: trusted, ClientCAs: trusted, ClientAuth: tls.RequireAndVerifyClientCert,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return r.get(nil) },
	}, nil
}

// forwarding is how writes travel between gateways; nil where they do not.
func (s *Server) forwarding(ctx context.Context, revision func() string) (*rpc.Forwarding, error) {
	c := s.config
	if c.PeerAddr == "" {
		return nil, nil
	}
	if c.Region == "" {
		return nil, errors.New("server: region is required with peer-addr: the database does not tell one")
	}
	trust, err := peerTLS(c)
	if err != nil {
		return nil, err
	}
	if s.peer, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.PeerAddr); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	address := c.PeerAdvertise
	if address == "" {
		address = s.peer.Addr().String()
	}
	if s.peers, err = newPeers(c, s.store, address, revision); err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return &rpc.Forwarding{Self: s.peers.self, RegionOf: s.peers.regionOf, Peers: s.peers.list, TLS: trust, Timeout: c.ForwardTimeout}, nil
}

// programVersion is the version of this program as its build noted it.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// validatePeers tells what is wrong with the settings of forwarding.
func (c Config) validatePeers() error {
	_, named := pairs("peers", c.Peers)
	errs := []error{named, c.validateProvinces()}
	for _, f := range []struct{ name, value string }{{"peer-cert", c.PeerCert}, {"peer-key", c.PeerKey}, {"peer-ca", c.PeerCA}} {
		if c.PeerAddr != "" && f.value == "" {
			errs = append(errs, fmt.Errorf("%s is required with peer-addr", f.name))
		}
	}
	if c.PeerAddr == "" && c.Peers != "" {
		errs = append(errs, errors.New("peers is for a gateway that hands writes on: peer-addr is required with it"))
	}
	return errors.Join(errs...)
}

func (c Config) validateProvinces() error {
	provinces, err := pairs("provinces", c.Provinces)
	for _, p := range provinces {
		if !slices.Contains(exchange.Homes(), p[0]) {
			err = errors.Join(err, fmt.Errorf("provinces: %s is not a province of this exchange", p[0]))
		}
	}
	return err
}
