package authz

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// source is where policies come from. read gives nil where they have not changed
// since they were last read.
type source interface {
	read(ctx context.Context) (*Set, error)
}

// unreadable is an error of getting at a source, not of what is in it.
type unreadable struct{ error }

func (u *unreadable) Unwrap() error { return u.error }

// Database is the location of policies that the exchange's database has.
const Database = "database"

// Kept reads the bundle that was published last, unless it is the one at hand; nil
// then, and where none was published.
type Kept func(ctx context.Context, have string) (revision string, bundle []byte, err error)

// keptSource is the bundle that the exchange's database has for all gateways.
type keptSource struct {
	kept  Kept
	key   *opabundle.VerificationConfig
	limit int64
	last  string
}

func (s *keptSource) read(ctx context.Context) (*Set, error) {
	revision, text, err := s.kept(ctx, s.last)
	if err != nil {
		return nil, &unreadable{err}
	}
	if text == nil {
		return nil, nil
	}
	s.last = revision
	return readBundle(bytes.NewReader(text), s.key, s.limit)
}

// newSource tells by its name what a source is.
func newSource(o LoaderOptions) (source, error) {
	key, err := verification(o)
	if err != nil {
		return nil, err
	}
	if o.Location == Database && o.Kept != nil {
		return &keptSource{kept: o.Kept, key: key, limit: o.MaxBytes}, nil
	}
	if strings.HasPrefix(o.Location, "http://") || strings.HasPrefix(o.Location, "https://") {
		return &webSource{url: o.Location, key: key, limit: o.MaxBytes, client: &http.Client{Timeout: o.Timeout}}, nil
	}
	info, err := os.Stat(o.Location)
	switch {
	case err != nil:
		return nil, err
	case !info.IsDir():
		return &fileSource{name: o.Location, key: key, limit: o.MaxBytes}, nil
	case key != nil:
		return nil, errors.New("a folder of policies has no signature: a key is for a bundle")
	}
	return &folderSource{name: o.Location}, nil
}

// verification reads the key that bundles must be signed by, if there is one.
func verification(o LoaderOptions) (*opabundle.VerificationConfig, error) {
	if o.KeyFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(o.KeyFile)
	if err != nil {
		return nil, err
	}
	const id = "key"
	key := &opabundle.KeyConfig{Key: string(pem), Algorithm: o.KeyAlgorithm}
	return opabundle.NewVerificationConfig(map[string]*opabundle.KeyConfig{id: key}, id, "", nil), nil
}

// folderSource is a folder that is watched: it is read again and again, which
// sees every change on every file system.
type folderSource struct {
	name string
	last string
}

func (s *folderSource) read(context.Context) (*Set, error) {
	set, err := ReadSet(os.DirFS(s.name))
	if err != nil {
		s.last = ""
		if path := (*fs.PathError)(nil); errors.As(err, &path) {
			err = &unreadable{err}
		}
		return nil, err
	}
	digest := set.Digest()
	if digest == s.last {
		return nil, nil
	}
	s.last = digest
	return set, nil
}

// fileSource is a bundle in a file.
type fileSource struct {
	name  string
	key   *opabundle.VerificationConfig
	limit int64
	last  [sha256.Size]byte
}

func (s *fileSource) read(context.Context) (*Set, error) {
	f, err := os.Open(s.name)
	if err != nil {
		return nil, &unreadable{err}
	}
	defer f.Close()
	text, err := limited(f, s.limit)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	if sum == s.last {
		return nil, nil
	}
	set, err := readBundle(bytes.NewReader(text), s.key, s.limit)
	s.last = sum
	return set, err
}

// webSource is a bundle that a server has. It is asked for again with the ETag
// of the last one.
type webSource struct {
	url    string
	key    *opabundle.VerificationConfig
	limit  int64
	client *http.Client
	etag   string
	last   [sha256.Size]byte
}

func (s *webSource) read(ctx context.Context) (*Set, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if s.etag != "" {
		request.Header.Set("If-None-Match", s.etag)
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, &unreadable{err}
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusNotModified:
		return nil, nil
	case http.StatusOK:
	default:
		return nil, &unreadable{fmt.Errorf("%s answers %s", request.URL.Redacted(), response.Status)}
	}
	text, err := limited(response.Body, s.limit)
	if err != nil {
		return nil, &unreadable{err}
	}
	// A server without ETags is asked for the whole, which is looked at once.
	s.etag = response.Header.Get("ETag")
	sum := sha256.Sum256(text)
	if sum == s.last {
		return nil, nil
	}
	s.last = sum
	return readBundle(bytes.NewReader(text), s.key, s.limit)
}

func limited(r io.Reader, limit int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return text, err
}
