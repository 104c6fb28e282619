package ctl

import (
	"net"
	"os"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/cli/contexts"
)

// configEnv names the environment variable with the configuration file's path.
const configEnv = "SUSHAANCTL_CONFIG"

// configPath is the configuration file of this run.
func (a *app) configPath() (string, error) {
	if a.flags.config != "" {
		return a.flags.config, nil
	}
	if path := os.Getenv(configEnv); path != "" {
		return path, nil
	}
	return contexts.DefaultPath()
}

func (a *app) loadConfig() (string, *contexts.Config, error) {
	path, err := a.configPath()
	if err != nil {
		return "", nil, err
	}
	config, err := contexts.Load(path)
	return path, config, err
}

// settings is the context of this run with the flags that replace parts of it.
func (a *app) settings() (contexts.Context, error) {
	x, err := a.chosenContext()
	if err != nil {
		return x, err
	}
	if a.flags.server != "" {
		x.Server = a.flags.server
	}
	if a.flags.caFile != "" {
		x.CAFile = a.flags.caFile
	}
	if a.flags.tokenFile != "" {
		x.Token, x.TokenFile = "", a.flags.tokenFile
	}
	if a.flags.language != "" {
		x.Language = a.flags.language
	}
	if x.Server == "" {
		path, err := a.configPath()
		if err != nil {
			return x, err
		}
		return x, usagef("no server: no context of %s is chosen: do so with %q, or give --context or --server", path, "sushaanctl config use-context NAME")
	}
	return x, checkServer(x.Server)
}

func (a *app) chosenContext() (contexts.Context, error) {
	path, config, err := a.loadConfig()
	if err != nil {
		return contexts.Context{}, err
	}
	name := a.flags.context
	if name == "" {
		name = config.CurrentContext
	}
	if name == "" {
		return contexts.Context{}, nil
	}
	x, ok := config.Find(name)
	if !ok {
		return x, unknownContext(name, path)
	}
	return x.At(path), nil
}

func unknownContext(name, path string) error {
	return usagef("there is no context %q in %s", name, path)
}

func checkServer(server string) error {
	host, port, err := net.SplitHostPort(server)
	if err != nil || host == "" || port == "" {
		return usagef("server %q is not host:port", server)
	}
	return nil
}

// completeContexts offers the names of the configured contexts.
func (a *app) completeContexts(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	_, config, err := a.loadConfig()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return beginning(typed, config.Names()), cobra.ShellCompDirectiveNoFileComp
}
