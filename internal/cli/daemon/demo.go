package daemon

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/cli/demo"
	"github.com/sushaan/exchange/internal/server"
)

func demoCommand(a *app) *cobra.Command {
	c := server.DefaultConfig()
	var o demo.Options
	cmd := command("demo", "Run a whole exchange on this machine and trade on it, in both directions", nil)
	f := cmd.Flags()
	f.BoolVar(&o.Once, "once", false, "end after the scripted trades instead of serving on")
	f.StringVar(&o.DataDir, "data-dir", "", "folder that keeps the data from one start to the next (with --once: a temporary one)")
	f.StringVar(&o.DatabaseURL, "database-url", "", "postgres:// URL of a database to use (default $"+databaseEnv+", else one is started)")
	f.BoolVar(&o.Download, "download", true, "download CockroachDB where no other database is found")
	f.IntVar(&o.Regions, "regions", 0, "3: three regions on this machine, with a gateway in each province, and one region lost while trading; needs a cockroach binary")
	f.IntVar(&o.NodesPerRegion, "nodes-per-region", 1, "nodes of the database in each region, with --regions")
	f.StringVar(&o.Lose, "lose", demo.LostRegion, "region that is lost while trading, with --regions")
	f.StringVar(&o.HTTP.Value, "http-addr", c.HTTPAddr, "address of the HTTP/JSON API; a default that is taken is replaced")
	f.StringVar(&o.GRPC.Value, "grpc-addr", c.GRPCAddr, "address of the gRPC API; a default that is taken is replaced")
	f.StringVar(&o.Metrics.Value, "metrics-addr", c.MetricsAddr, "address of the metrics; a default that is taken is replaced")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		o.HTTP.Asked, o.GRPC.Asked, o.Metrics.Asked = f.Changed("http-addr"), f.Changed("grpc-addr"), f.Changed("metrics-addr")
		if o.DatabaseURL == "" {
			o.DatabaseURL = os.Getenv(databaseEnv)
		}
		if err := o.Validate(); err != nil {
			return usageError{err}
		}
		return a.demo(cmd.Context(), o)
	}
	return cmd
}

func (a *app) demo(ctx context.Context, o demo.Options) error {
	if o.DataDir == "" && !o.Once {
		var err error
		if o.DataDir, err = demo.DefaultFolder(o.Regions > 0); err != nil {
			return err
		}
	}
	return demo.Run(ctx, o, a.stdout)
}
