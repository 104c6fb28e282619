// Package ctl is sushaanctl, the client program of the exchange, as a library.
//
// Main runs one command line. A command is made of a request message whose
// fields the flags fill, and the method that takes it; request.go does the rest
// for all of them alike: request ids, dry runs, pages, printing. Each noun has
// a file.
package ctl

import (
	"context"
	"io"
	"os/signal"
	"syscall"
)

// Main runs sushaanctl with the arguments after the program's name, and gives
// its exit code. An interrupt cancels the call under way.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// A second interrupt kills, should the first find us stuck.
	context.AfterFunc(ctx, stop)
	return newApp(stdin, stdout, stderr).run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	defer a.close()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		// Nothing ran yet: cobra found the command line wrong.
		err = usageError{err}
	}
	return a.report(err)
}
