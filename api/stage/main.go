// Command stage copies the API definitions' imports out of Go modules into
// api/.proto-deps, so that generating needs no schema registry. It is run by
// go generate in folder api.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// source is a file of a Go module. The versions need not be those of go.mod:
// only the definitions are read, and they are stable.
type source struct {
	module, path, target string
}

var sources = []source{
	{"github.com/bufbuild/protovalidate@v1.2.2", "proto/protovalidate/buf/validate/validate.proto", "buf/validate/validate.proto"},
	{"github.com/grpc-ecosystem/grpc-gateway@v1.16.0", "third_party/googleapis/google/api/annotations.proto", "google/api/annotations.proto"},
	{"github.com/grpc-ecosystem/grpc-gateway@v1.16.0", "third_party/googleapis/google/api/http.proto", "google/api/http.proto"},
	{"github.com/grpc-ecosystem/grpc-gateway@v1.16.0", "third_party/googleapis/google/rpc/status.proto", "google/rpc/status.proto"},
}

func main() {
	if err := stage(".proto-deps"); err != nil {
		fmt.Fprintln(os.Stderr, "stage:", err)
		os.Exit(1)
	}
}

func stage(into string) error {
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	for _, s := range sources {
		dir, err := download(s.module)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, s.path))
		if err != nil {
			return err
		}
		target := filepath.Join(into, s.target)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// download has the go command fetch and verify a module and says where it is.
func download(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go mod download %s: %w", module, err)
	}
	var m struct{ Dir string }
	if err := json.Unmarshal(out, &m); err != nil {
		return "", err
	}
	return m.Dir, nil
}
