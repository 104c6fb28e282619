package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// reloader reads a certificate again when its file has changed.
type reloader struct {
	cert, key string
	mu        sync.Mutex
	changed   time.Time
	loaded    *tls.Certificate
}

func (r *reloader) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.cert)
	if err == nil && r.loaded != nil && info.ModTime().Equal(r.changed) {
		return r.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(r.cert, r.key)
	}
	if err != nil {
		if r.loaded != nil {
			return r.loaded, nil // half written: the last good one serves on
		}
		return nil, err
	}
	r.loaded, r.changed = &pair, info.ModTime()
	return r.loaded, nil
}

// PKI are the files of a certificate authority of one's own.
type PKI struct{ CAFile, CertFile, KeyFile string }

const (
	authorityYears = 10
	serverLife     = 180 * 24 * time.Hour
	renewBefore    = 30 * 24 * time.Hour
)

// SelfSigned makes, under a folder, a certificate authority and a certificate
// of it for hosts. What is there and good for another 30 days is used again.
func SelfSigned(dir string, hosts []string, now time.Time) (PKI, error) {
	p := PKI{filepath.Join(dir, "ca.pem"), filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")}
	caKeyFile := filepath.Join(dir, "ca.key")
	ca, caKey, err := readPair(p.CAFile, caKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		ca, caKey, err = makePair(p.CAFile, caKeyFile, &x509.Certificate{
			Subject: pkix.Name{CommonName: "Sushaan Exchange demo authority"}, NotBefore: now.Add(-time.Hour),
			NotAfter: now.AddDate(authorityYears, 0, 0), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}, nil, nil)
	}
	if err != nil {
		return p, fmt.Errorf("server: %w", err)
	}
	if cert, _, err := readPair(p.CertFile, p.KeyFile); err == nil && cert.NotAfter.After(now.Add(renewBefore)) && serves(cert, hosts) {
		return p, nil
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Sushaan Exchange demo"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(serverLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, // gateways show it to each other
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	if _, _, err := makePair(p.CertFile, p.KeyFile, template, ca, caKey); err != nil {
		return p, fmt.Errorf("server: %w", err)
	}
	return p, nil
}

func serves(cert *x509.Certificate, hosts []string) bool {
	for _, h := range hosts {
		if cert.VerifyHostname(h) != nil {
			return false
		}
	}
	return true
}

func readPair(certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("%s is no ECDSA key", keyFile)
	}
	return pair.Leaf, key, nil
}

// makePair makes a key and a certificate signed by a parent, or by itself.
func makePair(certFile, keyFile string, template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return nil, nil, err
	}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, parentKey)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	// The key first: a certificate without its key would look finished.
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return nil, nil, err
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}
