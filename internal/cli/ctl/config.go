package ctl

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sushaan/exchange/internal/cli/contexts"
)

func configCommand(a *app) *cobra.Command {
	return group("config", "Contexts: which server, and as whom",
		useContext(a), getContexts(a), currentContext(a), setContext(a), deleteContext(a))
}

func useContext(a *app) *cobra.Command {
	return onContext(a, "use-context NAME", "Make a context the current one",
		func(path, name string, config *contexts.Config) error {
			if _, ok := config.Find(name); !ok {
				return unknownContext(name, path)
			}
			config.CurrentContext = name
			return nil
		})
}

func deleteContext(a *app) *cobra.Command {
	return onContext(a, "delete-context NAME", "Take a context out of the file",
		func(path, name string, config *contexts.Config) error {
			if !config.Delete(name) {
				return unknownContext(name, path)
			}
			return nil
		})
}

// onContext makes a command that changes the configuration by the name of a
// context.
func onContext(a *app, use, short string, change func(path, name string, config *contexts.Config) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: exactly("NAME"), ValidArgsFunction: a.completeFirst,
		RunE: func(_ *cobra.Command, args []string) error {
			path, config, err := a.loadConfig()
			if err != nil {
				return err
			}
			if err := change(path, args[0], config); err != nil {
				return err
			}
			return contexts.Save(path, config)
		},
	}
}

func (a *app) completeFirst(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeContexts(cmd, args, typed)
}

func currentContext(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "current-context", Short: "Print the name of the current context", Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			path, config, err := a.loadConfig()
			if err != nil {
				return err
			}
			if config.CurrentContext == "" {
				return usagef("no context is current in %s", path)
			}
			return a.printer().currentContext(config.CurrentContext)
		},
	}
}

// currentContext prints the bare name for eyes and scripts alike.
func (p *printer) currentContext(name string) error {
	switch p.format {
	case formatJSON, formatYAML:
		return p.value(map[string]string{"current-context": name})
	case formatCSV, formatXLSX:
		return p.csvLines([][]string{{"current-context"}, {name}})
	default:
		return p.write([]byte(name + "\n"))
	}
}

func getContexts(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "get-contexts", Short: "List the contexts; tokens are not shown", Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			_, config, err := a.loadConfig()
			if err != nil {
				return err
			}
			return a.printer().contexts(config)
		},
	}
}

// shownContext is a context without its token.
type shownContext struct {
	Name     string `json:"name"`
	Current  bool   `json:"current"`
	Server   string `json:"server"`
	CAFile   string `json:"ca_file,omitempty"`
	Token    string `json:"token,omitempty"` // where it is, not what it is
	Language string `json:"language,omitempty"`
}

func (p *printer) contexts(config *contexts.Config) error {
	shown := make([]shownContext, 0, len(config.Contexts))
	for _, x := range config.Contexts {
		token := x.TokenFile
		if x.Token != "" {
			token = "(kept here)"
		}
		shown = append(shown, shownContext{x.Name, x.Name == config.CurrentContext, x.Server, x.CAFile, token, x.Language})
	}
	if p.format == formatJSON || p.format == formatYAML {
		return p.value(shown)
	}
	heads := []string{"current", "name", "server", "ca_file", "token", "language"}
	lines := make([][]string, len(shown))
	for i, x := range shown {
		lines[i] = []string{mark(x.Current, p.format), x.Name, x.Server, x.CAFile, x.Token, x.Language}
	}
	return p.lines(heads, lines)
}

// mark points at the current context, as in kubectl.
func mark(current bool, format string) string {
	switch {
	case format == formatCSV, format == formatXLSX:
		return boolText(current, forPrograms)
	case current:
		return "*"
	default:
		return ""
	}
}

// lines prints what did not come from the server as a table, CSV or a workbook.
func (p *printer) lines(heads []string, lines [][]string) error {
	if p.format == formatCSV || p.format == formatXLSX {
		return p.csvLines(append([][]string{heads}, lines...))
	}
	titles := make([]string, len(heads))
	for i, h := range heads {
		titles[i] = strings.ToUpper(strings.ReplaceAll(h, "_", "-"))
	}
	return p.write([]byte(layout(titles, lines, nil)))
}

func setContext(a *app) *cobra.Command {
	var cmd *cobra.Command
	var token, language string
	cmd = onContext(a, "set-context NAME", "Add a context or change parts of one",
		func(_, name string, config *contexts.Config) error {
			x, _ := config.Find(name)
			x.Name = name
			if err := a.change(&x, cmd, token, language); err != nil {
				return err
			}
			if x.Server == "" {
				return usagef("a new context needs --server")
			}
			config.Set(x)
			return nil
		})
	cmd.Long = cmd.Short + `. --server, --ca-file and --token-file are kept in the file;
relative file names are kept as absolute ones.`
	cmd.Flags().StringVar(&token, "token", "", `bearer token to keep in the file; "-" reads it from stdin`)
	choiceVar(cmd, cmd.Flags(), &language, "language", "", "language of texts", languages()...)
	return cmd
}

// change puts the flags that were given into a context.
func (a *app) change(x *contexts.Context, cmd *cobra.Command, token, language string) (err error) {
	given := cmd.Flags().Changed
	if given("token") && given("token-file") {
		return usagef("--token and --token-file exclude each other")
	}
	if given("server") {
		x.Server = a.flags.server
		err = checkServer(x.Server)
	}
	if given("ca-file") && err == nil {
		x.CAFile, err = absolute(a.flags.caFile)
	}
	if given("token-file") && err == nil {
		x.Token = ""
		x.TokenFile, err = absolute(a.flags.tokenFile)
	}
	if given("token") && err == nil {
		x.TokenFile = ""
		x.Token, err = a.secret(token)
	}
	if given("language") {
		x.Language = language
	}
	return err
}

// absolute makes a file name from the command line hold in any folder. An empty
// name takes the file out of the context.
func absolute(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	return filepath.Abs(file)
}

// secret is a token from the command line, or from stdin, where it leaves no
// trace in the list of processes.
func (a *app) secret(token string) (string, error) {
	if token != "-" {
		return token, nil
	}
	content, err := a.open(token)
	return strings.TrimSpace(string(content)), err
}
