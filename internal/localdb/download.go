package localdb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// The download is not left to cockroach-go's testserver: its download cannot
// be cancelled or bounded, checks no checksum, falls back to whatever is on
// PATH, and would bring a second PostgreSQL driver into the program.

// downloadVersion is fixed, so that a demo does not change from day to day.
const downloadVersion = "v25.2.9"

// mostBytes is far above what an archive has; it bounds a broken answer.
const mostBytes = 2 << 30

func startDownloadedCockroach(ctx context.Context, o Options, m machine, dir *dataDir) (running, error) {
	if err := dir.refuseOther(CockroachDB); err != nil {
		return running{}, err
	}
	if !o.AllowDownload {
		return running{}, errors.New("not allowed by the caller")
	}
	binary, err := downloadCockroach(ctx, o, m)
	if err != nil {
		return running{}, err
	}
	return startCockroach(ctx, o, dir, binary)
}

// downloadCockroach returns the path of the binary, from an earlier download
// if there was one.
func downloadCockroach(ctx context.Context, o Options, m machine) (string, error) {
	platform, err := downloadPlatform(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	cache, err := m.cache()
	if err != nil {
		return "", fmt.Errorf("no place for the download: %w", err)
	}
	folder := filepath.Join(cache, "sushaan")
	binary := filepath.Join(folder, "cockroach-"+downloadVersion)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("no place for the download: %w", err)
	}
	address := m.downloads + "/cockroach-" + downloadVersion + "." + platform + ".tgz"
	o.Logf("downloading %s", address)
	if err := fetchBinary(ctx, address, folder, binary); err != nil {
		return "", err
	}
	return binary, nil
}

// downloadPlatform is the vendor's name for a platform.
func downloadPlatform(system, processor string) (string, error) {
	name := system + "-" + processor
	switch name {
	case "linux-amd64", "linux-arm64":
		return name, nil
	case "darwin-amd64":
		return "darwin-10.9-amd64", nil
	case "darwin-arm64":
		return "darwin-11.0-arm64", nil
	}
	return "", fmt.Errorf("there is no CockroachDB for %s", name)
}

// fetchBinary writes to a temporary file and renames it when it is whole and
// checked, so that two at a time or a broken download do no harm.
func fetchBinary(ctx context.Context, address, folder, binary string) error {
	sum, err := fetchChecksum(ctx, address+".sha256sum")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, "download-")
	if err != nil {
		return fmt.Errorf("no place for the download: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()

	body, err := httpGet(ctx, address)
	if err != nil {
		return err
	}
	defer body.Close()
	hash := sha256.New()
	archive := io.TeeReader(body, hash)
	if err := unpackCockroach(archive, f); err != nil {
		return fmt.Errorf("unpack %s: %w", address, err)
	}
	// The checksum covers the rest of the archive, too.
	if _, err := io.Copy(io.Discard, archive); err != nil {
		return fmt.Errorf("download %s: %w", address, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("download %s: its SHA-256 is %s and should be %s", address, got, sum)
	}
	if err := errors.Join(f.Chmod(0o755), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("save the download: %w", err)
	}
	return os.Rename(f.Name(), binary)
}

// fetchChecksum reads "<hex>  <file name>".
func fetchChecksum(ctx context.Context, address string) (string, error) {
	body, err := httpGet(ctx, address)
	if err != nil {
		return "", err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, 4096))
	if err != nil {
		return "", fmt.Errorf("download %s: %w", address, err)
	}
	sum, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte(" "))
	if len(sum) != hex.EncodedLen(sha256.Size) {
		return "", fmt.Errorf("download %s: not a checksum: %.80q", address, b)
	}
	return strings.ToLower(string(sum)), nil
}

func httpGet(ctx context.Context, address string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", address, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err) // names the address itself
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("download %s: %s", address, resp.Status)
	}
	return resp.Body, nil
}

func unpackCockroach(archive io.Reader, to io.Writer) error {
	unzipped, err := gzip.NewReader(archive)
	if err != nil {
		return err
	}
	files := tar.NewReader(unzipped)
	for {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("there is no cockroach in it")
		}
		if err != nil {
			return err
		}
		if h.Typeflag != tar.TypeReg || path.Base(h.Name) != "cockroach" {
			continue
		}
		if h.Size > mostBytes {
			return fmt.Errorf("the program in it has %d bytes", h.Size)
		}
		_, err = io.Copy(to, files)
		return err
	}
}
