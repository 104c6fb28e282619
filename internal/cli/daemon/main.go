// Package daemon is sushaand, the server program of the exchange, as a library.
//
// Main runs one command line. Each command has a file; settings.go is how a
// setting is found: flag, environment, file, default, in this order.
package daemon

import (
	"context"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs sushaand with the arguments after the program's name, and gives its
// exit code. The first interrupt ends a command in order, the second at once.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return (&app{stdout: stdout, stderr: stderr}).run(ctx, args)
}

// app is one run of the program.
type app struct {
	stdout, stderr io.Writer
	// started says that a command began to run, so that an error is not one of
	// the command line.
	started bool
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started {
		// Nothing ran yet: cobra found the command line wrong.
		err = usageError{err}
	}
	return a.report(err)
}

// root puts the tree of commands together.
func (a *app) root() *cobra.Command {
	root := group("sushaand", "Server of the Sushaan Exchange (苏陕协作交易平台)",
		benchCommand(a),
		serveCommand(a), demoCommand(a), drillCommand(a), localdbCommand(a), migrateCommand(a), seedCommand(a), checkCommand(a),
		keysCommand(a), gatewaysCommand(a), policyCommand(a), versionCommand(a))
	root.Long = rootHelp
	root.Version = version().Version
	root.SilenceErrors, root.SilenceUsage = true, true
	a.markStart(root)
	return root
}

const rootHelp = `Sushaand serves the Sushaan Exchange (苏陕协作交易平台).

To see it at work on this machine: sushaand demo.
To serve: sushaand migrate up, sushaand seed, sushaand serve.

A setting is taken from its flag, else from the environment variable SUSHAAND_
and the flag's name in capitals (--database-url: SUSHAAND_DATABASE_URL), else
from the file of --config, else it has its default.

Exit codes: 0 done, 1 failed, 2 usage, 5 not reachable. An error is one line on
stderr, with its code.`

// group is a command that only holds others. By itself it shows its help.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(subs...)
	return cmd
}

// markStart notes when a command begins to run; see app.started.
func (a *app) markStart(cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		a.markStart(sub)
	}
}

// command is a command without arguments.
func command(use, short string, run func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) },
	}
}

// print writes one line to stdout.
func (a *app) print(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }

// note tells the user something beside the output.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.stderr, oneLine(fmt.Sprintf(format, args...)))
}
