package authz_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/util"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/policies"
)

const (
	patience = time.Minute
	lookOut  = 10 * time.Millisecond
)

// eventually waits until a loader has come to what is expected.
func eventually(t *testing.T, l *authz.Loader, what string, holds func(authz.LoaderStatus) bool) authz.LoaderStatus {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(lookOut) {
		if s := l.Status(); holds(s) {
			return s
		}
	}
	t.Fatalf("%s did not come about: %+v", what, l.Status())
	return authz.LoaderStatus{}
}

func loader(t *testing.T, o authz.LoaderOptions) *authz.Loader {
	t.Helper()
	o.Poll = lookOut
	l, err := authz.NewLoader(t.Context(), o, authz.Options{})
	if err != nil {
		t.Fatal(err)
	}
	go l.Run(t.Context())
	return l
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A folder is watched: what compiles is taken into use without a restart, what
// does not is refused with its place and reason, and the last good one stays.
func TestAFolderOfPoliciesIsWatched(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, policies.FS); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	l := loader(t, authz.LoaderOptions{Location: dir, Metrics: registry})
	first := l.Engine().Revision()
	if builtIn := engine(t).Revision(); first != builtIn {
		t.Errorf("the same policies have revision %s in a folder and %s built in", first, builtIn)
	}
	extra := filepath.Join(dir, "order", "extra.rego")
	write(t, extra, "package exchange.order\n\ndeny contains {\"code\": \"RESTRICTED_GOODS\", \"facts\": {}} if input.action == \"order.place\"\n")
	eventually(t, l, "the new revision", func(s authz.LoaderStatus) bool { return s.Revision != first && s.Refused == "" })
	second := l.Engine().Revision()
	if d, err := l.Engine().Decide(t.Context(), allowedOrder()); err != nil || d.Allow || d.Revision != second {
		t.Errorf("the new rule does not decide: %+v, %v", d, err)
	}
	write(t, extra, "package exchange.order\n\ndeny contains x if unknown_thing(input)\n")
	s := eventually(t, l, "the refusal", func(s authz.LoaderStatus) bool { return s.Refused != "" })
	if !strings.Contains(s.Refused, "order/extra.rego:3") || !strings.Contains(s.Refused, "unknown_thing") || s.Revision != second {
		t.Errorf("%+v", s)
	}
	if d, err := l.Engine().Decide(t.Context(), allowedOrder()); err != nil || d.Revision != second {
		t.Errorf("the last good revision is gone: %+v, %v", d, err)
	}
	if text := s.String(); !strings.Contains(text, second) || !strings.Contains(text, "unknown_thing") {
		t.Errorf("the operator is told %q", text)
	}
	if refused := gauge(t, registry, "sushaan_policy_refused"); refused != 1 {
		t.Errorf("the metric says %v", refused)
	}
	if err := os.Remove(extra); err != nil {
		t.Fatal(err)
	}
	eventually(t, l, "the first revision again", func(s authz.LoaderStatus) bool { return s.Revision == first && s.Refused == "" })
	if refused := gauge(t, registry, "sushaan_policy_refused"); refused != 0 {
		t.Errorf("the metric says %v", refused)
	}
}

func gauge(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}

// bundled makes an OPA bundle of the built-in policies and one more module,
// signed where there is a key.
func bundled(t *testing.T, more string, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	var b opabundle.Bundle
	b.Manifest.Init()
	add := func(name string, text []byte) {
		m, err := ast.ParseModule(name, string(text))
		if err != nil {
			t.Fatal(err)
		}
		b.Modules = append(b.Modules, opabundle.ModuleFile{URL: "/" + name, Path: "/" + name, Raw: text, Parsed: m})
	}
	err := fs.WalkDir(policies.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".rego" {
			return err
		}
		text, err := fs.ReadFile(policies.FS, name)
		add(name, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if more != "" {
		add("more.rego", []byte(more))
	}
	data, err := fs.ReadFile(policies.FS, "data/rules.json")
	if err == nil {
		err = util.UnmarshalJSON(data, &b.Data)
	}
	if err == nil && key != nil {
		der, marshalErr := x509.MarshalPKCS8PrivateKey(key)
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		err = b.GenerateSignature(opabundle.NewSigningConfig(text, "ES256", ""), "key", true)
	}
	var out bytes.Buffer
	if err == nil {
		err = opabundle.NewWriter(&out).UseModulePath(true).Write(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const moreDenials = "package exchange.order\n\ndeny contains {\"code\": \"RESTRICTED_GOODS\", \"facts\": {}} if input.action == \"order.place\"\n"

// newKey makes a key of its own, and the file of its public half.
func newKey(t *testing.T) (key *ecdsa.PrivateKey, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "key.pem")
	write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})))
	return key, file
}

// replace puts a bundle in the place of another at once.
func replace(t *testing.T, name string, bundle []byte) {
	t.Helper()
	write(t, name+".new", string(bundle))
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func TestABundleThatIsNotSignedByTheKeyIsRefused(t *testing.T) {
	key, keyFile := newKey(t)
	other, _ := newKey(t)
	name := filepath.Join(t.TempDir(), "bundle.tar.gz")
	o := authz.LoaderOptions{Location: name, KeyFile: keyFile, KeyAlgorithm: "ES256"}
	replace(t, name, bundled(t, "", nil))
	if _, err := authz.NewLoader(t.Context(), o, authz.Options{}); err == nil || !strings.Contains(err.Error(), "signature") {
		t.Fatalf("at the start there is no last good revision to keep: %v", err)
	}
	replace(t, name, bundled(t, "", key))
	l := loader(t, o)
	first := l.Engine().Revision()
	if builtIn := engine(t).Revision(); first != builtIn {
		t.Errorf("the same policies have revision %s in a bundle and %s built in", first, builtIn)
	}
	for what, bundle := range map[string][]byte{
		"without a signature":          bundled(t, moreDenials, nil),
		"with another's signature":     bundled(t, moreDenials, other),
		"with a file that was changed": bytes.Replace(untarred(t, bundled(t, moreDenials, key)), []byte("RESTRICTED_GOODS"), []byte("UNRESTRICTED_GOO"), 1),
		"that is none":                 []byte("this is no bundle"),
	} {
		replace(t, name, bundle)
		s := eventually(t, l, "the refusal of a bundle "+what, func(s authz.LoaderStatus) bool { return s.Refused != "" })
		if s.Revision != first || l.Engine().Revision() != first {
			t.Errorf("a bundle %s: %+v", what, s)
		}
		replace(t, name, bundled(t, "", key))
		eventually(t, l, "the good bundle", func(s authz.LoaderStatus) bool { return s.Refused == "" })
	}
	replace(t, name, bundled(t, moreDenials, key))
	eventually(t, l, "the next revision", func(s authz.LoaderStatus) bool { return s.Revision != first })
}

// untarred is a bundle without its compression, which OPA reads as well.
func untarred(t *testing.T, bundle []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(bundle))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// bundleServer serves a bundle with its ETag, and counts who had to be sent it.
type bundleServer struct {
	mu     sync.Mutex
	bundle []byte
	tag    string
	down   bool
	sent   int
	spared int
}

func (s *bundleServer) set(change func(*bundleServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *bundleServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Header.Get("If-None-Match") == s.tag:
		s.spared++
		w.WriteHeader(http.StatusNotModified)
	default:
		s.sent++
		w.Header().Set("ETag", s.tag)
		_, _ = w.Write(s.bundle)
	}
}

func TestABundleOfAServerIsAskedForByItsETag(t *testing.T) {
	s := &bundleServer{bundle: bundled(t, "", nil), tag: `"1"`}
	server := httptest.NewServer(s)
	defer server.Close()
	l := loader(t, authz.LoaderOptions{Location: server.URL + "/bundle.tar.gz"})
	first := l.Engine().Revision()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(lookOut) {
		s.mu.Lock()
		spared := s.spared
		s.mu.Unlock()
		if spared > 2 {
			break
		}
	}
	s.set(func(s *bundleServer) {
		if s.sent != 1 || s.spared < 3 {
			t.Errorf("sent %d times, spared %d times", s.sent, s.spared)
		}
		s.down = true
	})
	away := eventually(t, l, "the server's absence", func(s authz.LoaderStatus) bool { return s.Unread != "" })
	if !strings.Contains(away.Unread, "503") || away.Revision != first {
		t.Errorf("%+v", away)
	}
	s.set(func(s *bundleServer) { s.down = false })
	eventually(t, l, "the server's return", func(s authz.LoaderStatus) bool { return s.Unread == "" })
	s.set(func(s *bundleServer) { s.bundle, s.tag = bundled(t, moreDenials, nil), `"2"` })
	eventually(t, l, "the new bundle", func(s authz.LoaderStatus) bool { return s.Revision != first })
	if d, err := l.Engine().Decide(t.Context(), allowedOrder()); err != nil || d.Allow {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestABundleLargerThanTheLimitIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bundle.tar.gz")
	replace(t, name, bundled(t, "", nil))
	_, err := authz.NewLoader(t.Context(), authz.LoaderOptions{Location: name, MaxBytes: 1000}, authz.Options{})
	if err == nil || !strings.Contains(err.Error(), "1000 bytes") {
		t.Error(err)
	}
}

// What one transaction asks is answered by one revision, even where another is
// loaded meanwhile.
func TestAPinnedContextKeepsItsRevision(t *testing.T) {
	e := engine(t)
	pinned := e.Pin(t.Context())
	first := e.Revision()
	set, err := authz.ReadSet(changed(t, "order/order.rego", func(s string) string {
		return s + "\ndeny contains {\"code\": \"RESTRICTED_GOODS\", \"facts\": {}} if placing\n"
	}))
	if err == nil {
		err = e.Load(t.Context(), set)
	}
	if err != nil {
		t.Fatal(err)
	}
	q := ordered(allowedOffer())
	if d, err := e.Decide(pinned, &q); err != nil || !d.Allow || d.Revision != first {
		t.Errorf("pinned: %v by %s, %v", d.Denials, d.Revision, err)
	}
	if d, err := e.Decide(t.Context(), &q); err != nil || d.Allow || d.Revision == first {
		t.Errorf("not pinned: %v by %s, %v", d.Denials, d.Revision, err)
	}
}

// Decisions go on while policies are loaded.
func TestPoliciesAreReplacedUnderTheDecisions(t *testing.T) {
	e, q := engine(t), ordered(allowedOffer())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 3 {
			set, err := authz.ReadSet(changed(t, "decision.rego", func(s string) string { return s + strings.Repeat("\n# again", i) }))
			if err == nil {
				err = e.Load(t.Context(), set)
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for {
		if d, err := e.Decide(t.Context(), &q); err != nil || !d.Allow {
			t.Errorf("%v, %v", d.Denials, err)
			<-done
			return
		}
		select {
		case <-done:
			return
		default:
		}
	}
}

// What was published is taken from the database: until then the policies built in
// decide, and a folder has the same revision there as where it lies.
func TestPoliciesAreTakenFromTheDatabase(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, policies.FS); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	published, revision := []byte(nil), ""
	var away error
	l := loader(t, authz.LoaderOptions{Location: authz.Database, Kept: func(_ context.Context, have string) (string, []byte, error) {
		mu.Lock()
		defer mu.Unlock()
		if have == revision {
			return have, nil, away
		}
		return revision, published, away
	}})
	publish := func(name string, bundle []byte, err error) {
		mu.Lock()
		defer mu.Unlock()
		published, revision, away = bundle, name, err
	}
	builtIn := engine(t).Revision()
	if got := l.Engine().Revision(); got != builtIn {
		t.Errorf("before anything is published revision %s decides", got)
	}
	write(t, filepath.Join(dir, "order", "extra.rego"), moreDenials)
	packed, bundle, err := authz.Pack(t.Context(), dir, authz.Options{}, 16<<20)
	if err != nil || packed == builtIn {
		t.Fatalf("pack: %s, %v", packed, err)
	}
	publish(packed, bundle, nil)
	eventually(t, l, "what was published", func(s authz.LoaderStatus) bool { return s.Revision == packed && s.Refused == "" })
	publish("broken", []byte("no bundle"), nil)
	eventually(t, l, "the refusal", func(s authz.LoaderStatus) bool { return s.Revision == packed && s.Refused != "" })
	publish("broken", nil, errors.New("the database is away"))
	eventually(t, l, "the failed look", func(s authz.LoaderStatus) bool { return s.Revision == packed && s.Unread != "" })

	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	write(t, file, string(bundle))
	if again, same, err := authz.Pack(t.Context(), file, authz.Options{}, 16<<20); err != nil || again != packed || !bytes.Equal(same, bundle) {
		t.Errorf("a bundle is published as %s, %v", again, err)
	}
	if _, _, err := authz.Pack(t.Context(), dir, authz.Options{}, 10); err == nil {
		t.Error("a bundle larger than may be was packed")
	}
	if _, _, err := authz.Pack(t.Context(), filepath.Join(dir, "nowhere"), authz.Options{}, 16<<20); err == nil {
		t.Error("nothing was packed")
	}
}
