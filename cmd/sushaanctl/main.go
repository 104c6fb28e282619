// Sushaanctl is the client program of the Sushaan Exchange.
package main

import (
	"context"
	"os"

	"github.com/sushaan/exchange/internal/cli/ctl"
)

func main() {
	os.Exit(ctl.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
