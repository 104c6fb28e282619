package identity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/sushaan/exchange/internal/exchange"
)

const (
	maxSources   = 1024
	maxSetBytes  = 256 << 10
	fetchTime    = 5 * time.Second
	freshFor     = 5 * time.Minute  // a fetched set is used this long as it is
	staleFor     = 1 * time.Hour    // and this long while it cannot be fetched
	fetchPause   = 10 * time.Second // between two fetches of one set
	maxRedirects = 3
)

// keySource gives the keys of issuers: parsed once where they are inline,
// fetched and kept for a while where they are behind a URL.
type keySource struct {
	now     func() time.Time
	client  *http.Client
	inline  *lru.Cache[string, []publicKey]
	mu      sync.Mutex // guards the sets in remote
	remote  *lru.Cache[string, *remoteSet]
	fetches singleflight.Group
}

// remoteSet is a key set behind a URL as it was when last fetched.
type remoteSet struct {
	keys    []publicKey
	fetched time.Time // zero: never
	tried   time.Time
}

func newKeySource(now func() time.Time) *keySource {
	inline, err := lru.New[string, []publicKey](maxSources)
	if err != nil {
		panic(err) // only a size below one fails
	}
	remote, err := lru.New[string, *remoteSet](maxSources)
	if err != nil {
		panic(err)
	}
	client := &http.Client{Timeout: fetchTime, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("identity: too many redirects")
		}
		return checkURL(r.URL.String())
	}}
	return &keySource{now: now, client: client, inline: inline, remote: remote}
}

// of gives an issuer's keys. Fresh asks for them to be fetched again, which is
// done at most every fetchPause: a token with an invented key id must not make
// this server hammer an issuer.
func (s *keySource) of(ctx context.Context, issuer exchange.Issuer, fresh bool) ([]publicKey, error) {
	if issuer.JWKSURL != "" {
		return s.fetched(ctx, issuer.JWKSURL, fresh)
	}
	if keys, ok := s.inline.Get(issuer.JWKS); ok {
		return keys, nil
	}
	keys, _, err := parseKeys([]byte(issuer.JWKS))
	if err == nil {
		s.inline.Add(issuer.JWKS, keys)
	}
	return keys, err
}

func (s *keySource) fetched(ctx context.Context, url string, fresh bool) ([]publicKey, error) {
	set := s.known(url)
	age, pause := s.now().Sub(set.fetched), s.now().Sub(set.tried)
	if (fresh || age >= freshFor) && pause >= fetchPause {
		if err := s.refresh(ctx, url); err != nil && age >= staleFor {
			return nil, err
		}
		set = s.known(url)
		age = s.now().Sub(set.fetched)
	}
	if age >= staleFor {
		return nil, fmt.Errorf("identity: the keys at %s cannot be fetched", url)
	}
	return set.keys, nil
}

func (s *keySource) known(url string) remoteSet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if set, ok := s.remote.Get(url); ok {
		return *set
	}
	return remoteSet{}
}

// refresh fetches a set once for all who wait for it. The fetch outlives the
// request that happened to ask first.
func (s *keySource) refresh(ctx context.Context, url string) error {
	done := s.fetches.DoChan(url, func() (any, error) {
		keys, err := s.fetch(context.WithoutCancel(ctx), url)
		s.keep(url, keys, err)
		return nil, err
	})
	select {
	case r := <-done:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *keySource) keep(url string, keys []publicKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, ok := s.remote.Get(url)
	if !ok {
		set = &remoteSet{}
		s.remote.Add(url, set)
	}
	set.tried = s.now()
	if err == nil {
		set.keys, set.fetched = keys, set.tried
	}
}

func (s *keySource) fetch(ctx context.Context, url string) ([]publicKey, error) {
	if err := checkURL(url); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("identity: %s answered %s", url, response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSetBytes+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxSetBytes {
		return nil, fmt.Errorf("identity: the set at %s is larger than %d bytes", url, maxSetBytes)
	}
	keys, _, err := parseKeys(body)
	return keys, err
}
