package daemon

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/localdb"
)

func localdbCommand(a *app) *cobra.Command {
	var o localdb.Options
	cmd := command("localdb", "Run a database for this machine in the foreground, until Ctrl-C",
		func(ctx context.Context) error { return a.localdb(ctx, o) })
	cmd.Long = `Localdb starts a database for this machine and prints its URL: a cockroach binary,
else PostgreSQL of this machine, else a download of CockroachDB. It says which it
took and why. With --data-dir the data survive; without, they go with the database.`
	f := cmd.Flags()
	f.StringVar(&o.DataDir, "data-dir", "", "folder that keeps the data, empty or made by localdb (default a temporary one)")
	f.BoolVar(&o.Regions, "regions", false, "three nodes, one in each region; CockroachDB only")
	f.BoolVar(&o.AllowDownload, "download", true, "download CockroachDB where no other database is found")
	return cmd
}

func (a *app) localdb(ctx context.Context, o localdb.Options) (err error) {
	db, err := localdb.Start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Stop()) }()
	// The reason is for people, the URLs are for programs: one a line on stdout.
	a.note("%s", db.Reason())
	for _, url := range db.URLs() {
		a.print("%s", url)
	}
	a.note("Ctrl-C stops it")
	<-ctx.Done()
	return nil
}
