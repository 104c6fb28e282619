package localdb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// vendor serves an archive with the fake cockroach in it.
func vendor(t *testing.T, checksum func([]byte) string) (machine, *int) {
	t.Helper()
	if _, err := downloadPlatform(runtime.GOOS, runtime.GOARCH); err != nil {
		t.Skip(err)
	}
	program, err := os.ReadFile(writeFakeCockroach(t, downloadVersion))
	must(t, err)
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	for name, text := range map[string][]byte{"cockroach-v1/lib/libgeos.so": []byte("no"), "cockroach-v1/cockroach": program} {
		must(t, w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(text))}))
		_, err := w.Write(text)
		must(t, err)
	}
	must(t, w.Close())
	must(t, z.Close())
	downloads := 0
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".tgz.sha256sum") {
			fmt.Fprintf(rw, "%s  cockroach.tgz\n", checksum(archive.Bytes()))
			return
		}
		downloads++
		_, _ = rw.Write(archive.Bytes())
	}))
	t.Cleanup(server.Close)
	cache := t.TempDir()
	m := bareMachine()
	m.downloads = server.URL
	m.cache = func() (string, error) { return cache, nil }
	return m, &downloads
}

func rightSum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

func TestADownloadIsTheLastWayAndIsKept(t *testing.T) {
	t.Parallel()
	m, downloads := vendor(t, rightSum)
	for range 2 {
		d := startOn(t, Options{AllowDownload: true}, m)
		if d.Engine() != CockroachDB || !strings.Contains(d.Reason(), "PostgreSQL: none found") {
			t.Errorf("%s: %s", d.Engine(), d.Reason())
		}
		must(t, d.Stop())
	}
	if *downloads != 1 {
		t.Errorf("%d downloads, want 1", *downloads)
	}
}

func TestADownloadWithAWrongChecksumIsNotRun(t *testing.T) {
	t.Parallel()
	m, _ := vendor(t, func([]byte) string { return strings.Repeat("0", 64) })
	_, err := start(t.Context(), Options{AllowDownload: true}, m)
	wantError(t, err, "4. download of CockroachDB: ", "should be 0000")
	cache, _ := m.cache()
	left, err := os.ReadDir(cache + "/sushaan")
	must(t, err)
	if len(left) != 0 {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestADownloadIsBoundedByTheTimeout(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	m := bareMachine()
	m.downloads, m.cache = server.URL, func() (string, error) { return t.TempDir(), nil }
	began := time.Now()
	_, err := start(t.Context(), Options{AllowDownload: true, StartTimeout: 200 * time.Millisecond}, m)
	wantError(t, err, "4. download of CockroachDB: download: ")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}
