// Sushaand is the server program of the Sushaan Exchange.
package main

import (
	"context"
	"os"

	"github.com/sushaan/exchange/internal/cli/daemon"
)

func main() {
	os.Exit(daemon.Main(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
