package daemon

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sushaan/exchange/internal/server"
)

const printFlag = "print-config"

func serveCommand(a *app) *cobra.Command {
	config := server.DefaultConfig()
	s := &settings{extra: []string{printFlag}}
	show := false
	cmd := command("serve", "Serve the exchange until Ctrl-C", func(ctx context.Context) error {
		if err := s.resolve(); err != nil {
			return err
		}
		if show {
			return s.write(a.stdout, secretIn(&config))
		}
		if err := config.Validate(); err != nil {
			return usageError{fmt.Errorf("%w\nsushaand serve --help lists the settings, each of which can be a flag, a SUSHAAND_ variable or a line of --%s", err, configFlag)}
		}
		srv, err := server.New(ctx, config, a.stderr)
		if err != nil {
			return err
		}
		return srv.Serve(ctx)
	})
	f := cmd.Flags()
	f.String(configFlag, "", "YAML file with settings, named as the flags with _ for -")
	f.BoolVar(&show, printFlag, false, "print the settings with where each is from, secrets hidden, and end")
	for _, field := range config.Fields() {
		bind(f, field)
	}
	s.flags = f
	return cmd
}

// bind makes a setting a flag.
func bind(f *pflag.FlagSet, field server.Field) {
	switch v := field.Value.(type) {
	case *string:
		f.StringVar(v, field.Name, *v, field.Usage)
	case *int:
		f.IntVar(v, field.Name, *v, field.Usage)
	case *time.Duration:
		f.DurationVar(v, field.Name, *v, field.Usage)
	default:
		panic(fmt.Sprintf("daemon: setting %s has the type %T", field.Name, v))
	}
}

func secretIn(c *server.Config) func(string) bool {
	return func(flag string) bool {
		return slices.ContainsFunc(c.Fields(), func(f server.Field) bool { return f.Name == flag && f.Secret })
	}
}
