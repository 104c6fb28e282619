package drill

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/sushaan/exchange/internal/server"
)

// jumper is a gateway of the drill's own on the exchange's database, whose clock
// can be moved. Nobody else's clock is touched.
type jumper struct {
	offset atomic.Int64
	door   door
	stop   func() error
}

// startJumper serves in this process. It neither seals nor takes writes from
// other gateways; its policies are those built in.
func startJumper(ctx context.Context, i Installation, log io.Writer) (_ *jumper, err error) {
	dir, err := os.MkdirTemp("", "sushaan-drill-")
	if err != nil {
		return nil, err
	}
	pki, err := server.SelfSigned(dir, []string{"127.0.0.1"}, time.Now())
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	j := &jumper{}
	c := server.DefaultConfig()
	c.HTTPAddr, c.GRPCAddr, c.MetricsAddr, c.LogLevel = "127.0.0.1:0", "127.0.0.1:0", "", "warn"
	c.DatabaseURL, c.TLSCert, c.TLSKey = i.Databases[0], pki.CertFile, pki.KeyFile
	c.Now = func() time.Time { return time.Now().Add(time.Duration(j.offset.Load())) }
	srv, err := server.New(ctx, c, log)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	serving, end := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- srv.Serve(serving) }()
	j.stop = func() error {
		end()
		return errors.Join(<-served, os.RemoveAll(dir))
	}
	if j.door, err = dialOwn(dir, srv.GRPCAddr()); err != nil {
		return nil, errors.Join(err, j.stop())
	}
	return j, nil
}

func dialOwn(dir, address string) (door, error) {
	pem, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return door{}, err
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !trust.RootCAs.AppendCertsFromPEM(pem) {
		return door{}, fmt.Errorf("%s holds no certificate", dir)
	}
	return dial("the drill's own gateway", address, trust)
}

func (j *jumper) jump(by time.Duration) { j.offset.Store(int64(by)) }
