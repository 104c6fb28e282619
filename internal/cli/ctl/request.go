package ctl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/sushaan/exchange/internal/fault"
)

// unary is a method of the API that takes one message and gives one.
type unary[Q, R proto.Message] func(context.Context, grpc.ClientConnInterface, Q) (R, error)

// bind makes a unary of a service's constructor and a method of its client:
// bind(pb.NewOrderServiceClient, pb.OrderServiceClient.GetOrder).
func bind[C any, Q, R proto.Message](
	client func(grpc.ClientConnInterface) C, method func(C, context.Context, Q, ...grpc.CallOption) (R, error),
) unary[Q, R] {
	return func(ctx context.Context, conn grpc.ClientConnInterface, in Q) (R, error) {
		return method(client(conn), ctx, in)
	}
}

// request makes the command that sends one message and prints the answer. The
// message is filled by the flags that the caller binds to its fields, and by
// the arguments, which are the words in capitals of use: "get ID" fills the
// field id.
func request[Q, R proto.Message](a *app, use, short string, call unary[Q, R], in Q) *cobra.Command {
	if kindOf(in) != kindList {
		return requestThen(a, use, short, call, in, nil, func(out R) error { return a.printer().message(out) })
	}
	return command(use, short, in, func(ctx context.Context) error {
		if a.exports() {
			return export(ctx, a, call, in)
		}
		out, err := pages(ctx, a, call, in)
		if err != nil {
			return err
		}
		return a.printer().message(out)
	})
}

// requestThen is request with something to do before the call, or nil, and a
// way of its own to show the answer.
func requestThen[Q, R proto.Message](
	a *app, use, short string, call unary[Q, R], in Q, before func(context.Context) error, show func(R) error,
) *cobra.Command {
	return command(use, short, in, func(ctx context.Context) error {
		if before != nil {
			if err := before(ctx); err != nil {
				return err
			}
		}
		out, err := send(ctx, a, call, in)
		if err != nil {
			return err
		}
		return show(out)
	})
}

// command is a command around a request message: it takes the arguments that
// use names and knows which global flags apply.
func command(use, short string, in proto.Message, run func(context.Context) error) *cobra.Command {
	names := argumentsOf(use)
	return &cobra.Command{
		Use: use, Short: short,
		Annotations: map[string]string{kindKey: kindOf(in)},
		Args:        exactly(names...),
		RunE: func(cmd *cobra.Command, args []string) error {
			for i, name := range names {
				setText(in, strings.ToLower(name), args[i])
			}
			return run(cmd.Context())
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}

func argumentsOf(use string) []string { return strings.Fields(use)[1:] }

// exactly takes one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > len(names) {
			return fmt.Errorf("unexpected argument %q of %q", args[len(names)], cmd.CommandPath())
		}
		if len(args) < len(names) {
			return fmt.Errorf("%q needs %s", cmd.CommandPath(), strings.Join(names[len(args):], " "))
		}
		for i, arg := range args {
			if arg == "" {
				return fmt.Errorf("%s is empty", names[i])
			}
		}
		return nil
	}
}

// kindOf tells lists and writes by the fields that all of them have.
func kindOf(in proto.Message) string {
	switch {
	case field(in, "page_token") != nil:
		return kindList
	case field(in, "request_id") != nil:
		return kindWrite
	default:
		return ""
	}
}

// send makes the call: all pages of it where it is a list, once where it is not.
func send[Q, R proto.Message](ctx context.Context, a *app, call unary[Q, R], in Q) (R, error) {
	if kindOf(in) == kindList {
		return pages(ctx, a, call, in)
	}
	return invoke(ctx, a, call, in)
}

// invoke makes one call within the time allowed.
func invoke[Q, R proto.Message](ctx context.Context, a *app, call unary[Q, R], in Q) (R, error) {
	var none R
	conn, err := a.connect()
	if err != nil {
		return none, err
	}
	a.stamp(in)
	ctx, cancel := context.WithTimeout(a.localize(ctx), a.flags.timeout)
	defer cancel()
	a.wire.sent.Store(false)
	out, err := call(ctx, conn, in)
	if err != nil {
		return none, a.failed(err, in)
	}
	return out, nil
}

// stamp gives a write its request id, unless it has one, and the dry run.
func (a *app) stamp(in proto.Message) {
	if kindOf(in) != kindWrite {
		return
	}
	if textOf(in, "request_id") == "" {
		setText(in, "request_id", a.requestID())
	}
	in.ProtoReflect().Set(field(in, "dry_run"), protoreflect.ValueOfBool(a.flags.dryRun))
}

func (a *app) requestID() string {
	if a.flags.requestID != "" {
		return a.flags.requestID
	}
	return uuid.NewString()
}

// failed makes of a call's error one that can be reported.
func (a *app) failed(err error, in proto.Message) error {
	var s interface{ GRPCStatus() *status.Status }
	if !errors.As(err, &s) {
		return err
	}
	e := &callError{status: s.GRPCStatus(), unsent: !a.wire.sent.Load()}
	if kindOf(in) == kindWrite && !a.flags.dryRun && !e.unsent && e.uncertain() {
		e.repeatWith = textOf(in, "request_id")
	}
	return e
}

// uncertain says whether the server may have done what it did not confirm:
// when it says so itself, or when the call broke off without its word.
func (e *callError) uncertain() bool {
	if reason := reasonOf(e.status); fault.Code(reason) == fault.CommitUnknown {
		return true
	}
	switch e.status.Code() {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return len(e.status.Details()) == 0
	default:
		return false
	}
}

func field(m proto.Message, name string) protoreflect.FieldDescriptor {
	return m.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
}

func textOf(m proto.Message, name string) string {
	return m.ProtoReflect().Get(field(m, name)).String()
}

func setText(m proto.Message, name, text string) {
	m.ProtoReflect().Set(field(m, name), protoreflect.ValueOfString(text))
}
