package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/sushaan/exchange/internal/distance"
	"github.com/sushaan/exchange/internal/identity"
	"github.com/sushaan/exchange/internal/proof"
	"github.com/sushaan/exchange/internal/server"
)

type identityKey = identity.Key

// Where a caller stands, and through which gateway it calls.
const (
	atHome    = "home"        // beside the gateway of the rows' province
	forwarded = "forwarded"   // beside one of the other province, which hands writes on
	alone     = "unforwarded" // beside one of the other province that does not
	fromAfar  = "from afar"   // in the other province, at the gateway of the rows' province
)

// standpoint is a connection to a gateway, and the gateway where it was made for
// this one.
type standpoint struct {
	server *server.Server // nil: another's
	conn   *grpc.ClientConn
	stop   context.CancelFunc
	served chan error
}

func (s *standpoint) close() error {
	err := s.conn.Close()
	if s.server != nil {
		s.stop()
		err = errors.Join(err, <-s.served)
	}
	return err
}

// stand starts a gateway in each province, and one that hands nothing on.
func (a *apart) stand(ctx context.Context, c server.Config) error {
	const patience, forwardTime = 30 * time.Second, 10 * time.Second
	c.StatementTime, c.TxTime, c.Deadline, c.WatchOverlap = patience, patience, patience, 2*patience
	c.PeerInterval, c.ForwardTimeout = time.Second, forwardTime
	for _, g := range []struct {
		name, region string
		peers        bool
	}{{atHome, homeRegion, true}, {forwarded, otherRegion, true}, {alone, otherRegion, false}} {
		one := c
		one.Region = g.region
		var err error
		if g.name == atHome {
			if one.SigningKey, err = a.signingKey(); err != nil {
				return err
			}
		}
		if one.DatabaseURL, one.DatabaseNear, one.DatabaseFar, err = a.nodesFor(g.region); err != nil {
			return err
		}
		if g.peers {
			if one.PeerAddr, one.PeerAdvertise, err = a.reachedByLine(ctx); err != nil {
				return err
			}
		}
		if err := a.gateway(ctx, g.name, one); err != nil {
			return err
		}
	}
	line, err := a.line(ctx, a.gates[atHome].server.GRPCAddr())
	if err != nil {
		return err
	}
	conn, err := a.dial(line.Addr())
	if err != nil {
		return err
	}
	a.gates[fromAfar] = &standpoint{conn: conn}
	return nil
}

// signingKey makes the exchange's key, or finds that of a database which was kept: a
// log goes on under its own. What is sealed is in the roll-ups, without which figures
// would be added up from every entry there is.
func (a *apart) signingKey() (string, error) {
	dir := a.dir
	if a.d.DataDir != "" {
		dir = a.d.DataDir
	}
	path := filepath.Join(dir, "signing.key")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	private, _, err := proof.NewKey(rand.Reader, "bench.sushaan.example/ledger")
	if err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(private+"\n"), 0o600)
}

// line lays one, of no length yet.
func (a *apart) line(ctx context.Context, to string) (*distance.Line, error) {
	l, err := distance.New(ctx, to, 0, nil)
	if err == nil {
		a.lines = append(a.lines, l)
	}
	return l, err
}

// reachedByLine is a free address, and the line by which others reach it.
func (a *apart) reachedByLine(ctx context.Context) (address, far string, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", err
	}
	address = l.Addr().String()
	if err := l.Close(); err != nil {
		return "", "", err
	}
	line, err := a.line(ctx, address)
	if err != nil {
		return "", "", err
	}
	return address, line.Addr(), nil
}

func (a *apart) gateway(ctx context.Context, name string, c server.Config) error {
	srv, err := server.New(ctx, c, a.notes)
	if err != nil {
		return fmt.Errorf("gateway %s: %w", name, err)
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	g := &standpoint{server: srv, stop: stop, served: make(chan error, 1)}
	go func() { g.served <- srv.Serve(running) }()
	if g.conn, err = a.dial(srv.GRPCAddr()); err != nil {
		stop()
		return errors.Join(err, <-g.served)
	}
	a.gates[name] = g
	return nil
}

func (a *apart) dial(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(a.trust)),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)))
}

// from makes somebody of the sample a caller at a standpoint.
func (a *apart) from(name, persona string) (caller, error) {
	token, err := a.token(persona, 0)
	return caller{token: token, x: a.exchange, conn: a.gates[name].conn}, err
}
