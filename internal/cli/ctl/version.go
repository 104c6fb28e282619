package ctl

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// build is what this program was built from.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
}

func version() build {
	b := build{Version: "(devel)", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version of this program", Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			b, p := version(), a.printer()
			switch p.format {
			case formatJSON, formatYAML:
				return p.value(b)
			case formatCSV, formatXLSX:
				return p.csvLines([][]string{{"version", "revision", "go"}, {b.Version, b.Revision, b.Go}})
			default:
				return p.write([]byte("sushaanctl " + b.Version + " " + b.Revision + " " + b.Go + "\n"))
			}
		},
	}
}
