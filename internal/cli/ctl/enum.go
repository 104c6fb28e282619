package ctl

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// enum is a generated enum type.
type enum interface {
	~int32
	protoreflect.Enum
}

// enumVar gives a command a flag over an enum. Its values are written without
// the prefix, in either case, with - or _: sn-to-js or SN_TO_JS.
func enumVar[E enum](cmd *cobra.Command, p *E, name, usage string) {
	words := enumWords[E]()
	cmd.Flags().Var(&enumValue[E]{p}, name, usage+": "+strings.Join(words, ", "))
	complete(cmd, name, words...)
}

type enumValue[E enum] struct{ p *E }

func (v *enumValue[E]) Set(s string) (err error) {
	*v.p, err = parseEnum[E](s)
	return err
}

func (v *enumValue[E]) String() string {
	if v.p == nil || *v.p == 0 {
		return ""
	}
	return word((*v.p).Descriptor(), (*v.p).Number())
}

func (*enumValue[E]) Type() string { return "name" }

// enumsVar gives a command a flag over a list of enums, separated by commas or
// by repeating the flag.
func enumsVar[E enum](cmd *cobra.Command, p *[]E, name, usage string) {
	words := enumWords[E]()
	cmd.Flags().Var(&enumsValue[E]{p}, name, usage+": "+strings.Join(words, ", "))
	completeWith(cmd, name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		done := typed[:strings.LastIndex(typed, ",")+1]
		offers := beginning(typed[len(done):], words)
		for i := range offers {
			offers[i] = done + offers[i]
		}
		return offers, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

type enumsValue[E enum] struct{ p *[]E }

func (v *enumsValue[E]) Set(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		e, err := parseEnum[E](strings.TrimSpace(part))
		if err != nil {
			return err
		}
		*v.p = append(*v.p, e)
	}
	return nil
}

func (v *enumsValue[E]) String() string {
	if v.p == nil {
		return ""
	}
	var words []string
	for _, e := range *v.p {
		words = append(words, word(e.Descriptor(), e.Number()))
	}
	return strings.Join(words, ",")
}

func (*enumsValue[E]) Type() string { return "names" }

func parseEnum[E enum](s string) (E, error) {
	var zero E
	e := zero.Descriptor()
	name := strings.ReplaceAll(strings.ToUpper(s), "-", "_")
	for _, full := range []string{enumPrefix(e) + name, name} {
		v := e.Values().ByName(protoreflect.Name(full))
		if v != nil && v.Number() != 0 {
			return E(v.Number()), nil
		}
	}
	return zero, fmt.Errorf("must be one of %s", strings.Join(enumWords[E](), ", "))
}

// enumWords are the values of an enum as they are written on a command line.
func enumWords[E enum]() []string {
	var zero E
	values := zero.Descriptor().Values()
	var words []string
	for i := range values.Len() {
		if n := values.Get(i).Number(); n != 0 {
			words = append(words, word(zero.Descriptor(), n))
		}
	}
	return words
}

func word(e protoreflect.EnumDescriptor, n protoreflect.EnumNumber) string {
	return strings.ReplaceAll(strings.ToLower(enumText(e, n)), "_", "-")
}

// choiceVar gives a command a flag that takes one of a few words.
func choiceVar(cmd *cobra.Command, flags *pflag.FlagSet, p *string, name, short, usage string, words ...string) {
	flags.VarP(&choiceValue{p, words}, name, short, usage+": "+strings.Join(words, ", "))
	complete(cmd, name, words...)
}

type choiceValue struct {
	p     *string
	words []string
}

func (v *choiceValue) Set(s string) error {
	for _, w := range v.words {
		if s == w {
			*v.p = s
			return nil
		}
	}
	return fmt.Errorf("must be one of %s", strings.Join(v.words, ", "))
}

func (v *choiceValue) String() string {
	if v.p == nil {
		return ""
	}
	return *v.p
}

func (*choiceValue) Type() string { return "word" }
