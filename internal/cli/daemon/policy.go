package daemon

import (
	"context"
	"os"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/authz"
	"github.com/sushaan/exchange/internal/server"
	"github.com/sushaan/exchange/internal/store"
)

func policyCommand(a *app) *cobra.Command {
	return group("policy", "The policies of the gateways", policyPublishCommand(a))
}

func policyPublishCommand(a *app) *cobra.Command {
	var url string
	cmd := &cobra.Command{
		Use: "publish FOLDER|BUNDLE", Short: "Put policies into the database, for every gateway that takes them from there",
		Long: `Publish puts policies into the database: a folder of them, or the file of an OPA
bundle, which keeps its signature. Every gateway that runs with --policy database takes
them into use within 5 s; "sushaand gateways" tells which revision each runs. What
cannot be used is refused here. To go back, publish the earlier policies again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd.Context(), url, func(ctx context.Context, s *store.Store) error { return a.publishPolicy(ctx, s, args[0]) })
		},
	}
	databaseFlag(cmd, &url)
	return cmd
}

func (a *app) publishPolicy(ctx context.Context, s *store.Store, location string) error {
	c := server.DefaultConfig()
	revision, bundle, err := authz.Pack(ctx, location, authz.Options{EvalTimeout: c.PolicyEvalTimeout, EvalSteps: c.PolicySteps}, int64(c.PolicyLimit))
	if err != nil {
		return err
	}
	if err := s.PublishPolicy(ctx, revision, bundle, publisher()); err != nil {
		return err
	}
	a.print("published policy revision %s (%d bytes)", revision, len(bundle))
	return nil
}

// publisher is who publishes, for the record.
func publisher() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
