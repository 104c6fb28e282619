package ctl

import (
	"strings"

	"github.com/spf13/cobra"
)

// complete says which words the shell offers for a flag.
func complete(cmd *cobra.Command, flag string, words ...string) {
	completeWith(cmd, flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return beginning(typed, words), cobra.ShellCompDirectiveNoFileComp
	})
}

// completeWith lets a function say what the shell offers for a flag. The only
// error is a flag that is not there: a defect that any run would show.
func completeWith(cmd *cobra.Command, flag string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err)
	}
}

// beginning picks the words that begin with what was typed.
func beginning(typed string, words []string) []string {
	var fitting []string
	for _, w := range words {
		if strings.HasPrefix(w, typed) {
			fitting = append(fitting, w)
		}
	}
	return fitting
}

// require makes flags of a command required.
func require(cmd *cobra.Command, flags ...string) *cobra.Command {
	for _, name := range flags {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err)
		}
	}
	return cmd
}
