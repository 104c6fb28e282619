package daemon

import (
	"context"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// build is what this program was built from.
type build struct {
	Version  string
	Revision string // of the version control; empty where it is not known
	Modified bool   // the sources had changes that are in no revision
	Go       string
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
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

func (b build) String() string {
	words := []string{"sushaand", b.Version}
	if b.Revision != "" {
		words = append(words, "revision", b.Revision)
	}
	if b.Modified {
		words = append(words, "(modified)")
	}
	return strings.Join(append(words, b.Go), " ")
}

func versionCommand(a *app) *cobra.Command {
	return command("version", "Print the version of this program", func(context.Context) error {
		a.print("%s", version())
		return nil
	})
}
