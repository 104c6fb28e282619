package ctl

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/sushaan/exchange/internal/fault"
)

// app is one run of the program: its streams, its global flags, and the
// connection once a command has asked for it.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	flags          globals
	// started says that a command began to run, so that an error is not one
	// of the command line.
	started bool
	conn    *grpc.ClientConn
	// language of texts, known once connected; empty: the server's choice.
	language string
	wire     wire
	pace     pace
}

// globals are the flags of every command.
type globals struct {
	config, context           string
	server, caFile, tokenFile string
	output, language          string
	timeout                   time.Duration
	nearest                   bool

	requestID string
	dryRun    bool

	pageSize  int32
	pageToken string
	all       bool
	limit     int
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, pace: defaultPace()}
}

// root puts the tree of commands together.
func (a *app) root() *cobra.Command {
	root := group("sushaanctl", "Client of the Sushaan Exchange (苏陕协作交易平台)",
		configCommand(a), whoamiCommand(a), directoryCommand(a), productsCommand(a), certificatesCommand(a), lotsCommand(a),
		offersCommand(a), ordersCommand(a), demandsCommand(a), quotesCommand(a), groupsCommand(a), standingCommand(a), reliefCommand(a), contractsCommand(a), intentsCommand(a), policyCommand(a), ledgerCommand(a), reservesCommand(a), limitsCommand(a), settlementCommand(a), periodsCommand(a),
		targetsCommand(a), reportsCommand(a), submissionsCommand(a), verifyCommand(a), versionCommand(a), manCommand(a))
	root.Long = rootHelp
	root.Version = version().Version
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.flags.all = a.flags.all || cmd.Flags().Changed("limit")
		return checkScope(cmd)
	}
	a.globalFlags(root)
	markStart(a, root)
	return root
}

const rootHelp = `Sushaanctl talks to the Sushaan Exchange (苏陕协作交易平台).

Whom it talks to and as whom is said by a context of its configuration file
(--config, $SUSHAANCTL_CONFIG, or sushaan/config.yaml in your configuration
folder); see "sushaanctl config". Connections are always TLS.

Quantities are in base units (g, ml, piece, person_day). Tables and workbooks
(xlsx) show money in yuan; json, yaml and csv carry fen. A workbook is written to
a file or a pipe: sushaanctl orders list --all -o xlsx > orders.xlsx

Exit codes: 0 done, 1 failed, 2 usage, 3 denied by policy, 4 conflict or not in
that state, 5 not reachable. An error is one line on stderr, with its code.`

func (a *app) globalFlags(root *cobra.Command) {
	f, g := root.PersistentFlags(), &a.flags
	f.StringVar(&g.config, "config", "", "configuration file (default $SUSHAANCTL_CONFIG, or sushaan/config.yaml in your configuration folder)")
	f.StringVar(&g.context, "context", "", "context to use instead of the current one")
	f.StringVar(&g.server, "server", "", "host:port of the server's gRPC port, instead of the context's")
	f.StringVar(&g.caFile, "ca-file", "", "PEM file of trusted certificates, instead of the context's")
	f.StringVar(&g.tokenFile, "token-file", "", "file with the bearer token, instead of the context's")
	f.DurationVar(&g.timeout, "timeout", 30*time.Second, "longest time one call may take; watch has none")

	f.BoolVar(&g.nearest, "nearest", false, "lists and reports: read the nearest region's copy, which may be some seconds old, instead of the latest")
	f.StringVar(&g.requestID, "request-id", "", "writes: UUID under which a repeated write takes effect once (default: a fresh one)")
	f.BoolVar(&g.dryRun, "dry-run", false, "writes: do everything but keep nothing")

	f.Int32Var(&g.pageSize, "page-size", 0, "lists: rows in a page (default: the server's choice)")
	f.StringVar(&g.pageToken, "page-token", "", "lists: go on from where this token was given")
	f.BoolVar(&g.all, "all", false, "lists: follow the pages, up to --limit rows")
	f.IntVar(&g.limit, "limit", 1000, "lists: most rows to follow the pages for; implies --all")

	g.output = formatTable
	choiceVar(root, f, &g.output, "output", "o", "format of the output", formatTable, formatJSON, formatYAML, formatCSV, formatXLSX)
	choiceVar(root, f, &g.language, "lang", "", "language of texts, instead of the context's", languages()...)
	completeWith(root, "context", a.completeContexts)
}

func languages() []string { return []string{string(fault.English), string(fault.Chinese)} }

// group is a command that only holds others. By itself it shows its help.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, DisableFlagsInUseLine: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			cmd.SuggestionsMinimumDistance = 2
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return fmt.Errorf("unknown command %q for %q; did you mean %q?", args[0], cmd.CommandPath(), near[0])
			}
			return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(subs...)
	return cmd
}

// markStart notes when a command begins to run; see app.started.
func markStart(a *app, cmd *cobra.Command) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			a.started = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		markStart(a, sub)
	}
}

// note tells the user something beside the output.
func (a *app) note(format string, args ...any) {
	// There is nowhere to tell that stderr is gone.
	_, _ = fmt.Fprintln(a.stderr, oneLine(fmt.Sprintf(format, args...)))
}

// open reads a file, or stdin where its name is "-".
func (a *app) open(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.stdin)
	}
	return os.ReadFile(name)
}
