package ctl

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// Kinds of command, noted on the command: flags of one kind are refused by
// the others. A --dry-run that did nothing would be a trap.
const (
	kindKey   = "kind"
	kindWrite = "write"
	kindList  = "list"
)

// flagsOf names the global flags that only one kind of command knows.
func flagsOf(kind string) []string {
	if kind == kindWrite {
		return []string{"request-id", "dry-run"}
	}
	return []string{"page-size", "page-token", "all", "limit"}
}

// checkScope refuses global flags that the command would ignore, and values
// that cannot be meant.
func checkScope(cmd *cobra.Command) error {
	flags := cmd.Flags()
	for _, kind := range []string{kindWrite, kindList} {
		if cmd.Annotations[kindKey] == kind {
			continue
		}
		for _, name := range flagsOf(kind) {
			if flags.Changed(name) {
				return fmt.Errorf("--%s is not for %q: it does not %s", name, cmd.CommandPath(), kind)
			}
		}
	}
	// An empty id is an unset variable of a script, which counts on repeating
	// safely; a fresh id in its place would make a second write.
	if id := flags.Lookup("request-id"); id.Changed && id.Value.String() == "" {
		return errors.New("--request-id is empty")
	}
	if size, err := flags.GetInt32("page-size"); err == nil && size < 0 {
		return errors.New("--page-size is negative")
	}
	if limit, err := flags.GetInt("limit"); err == nil && limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	if timeout, err := flags.GetDuration("timeout"); err == nil && timeout <= 0 {
		return errors.New("--timeout must be more than 0")
	}
	return nil
}
