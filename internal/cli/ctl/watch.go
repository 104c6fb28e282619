package ctl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// pace is how patient a watch is.
type pace struct {
	// first and longest bound the waits between attempts to reconnect.
	first, longest time.Duration
	// silence is how long a stream may say nothing, not even a heartbeat,
	// before it is taken for dead.
	silence time.Duration
}

func defaultPace() pace {
	return pace{first: 500 * time.Millisecond, longest: 30 * time.Second, silence: 90 * time.Second}
}

// wait is the time before an attempt: doubled each time, with jitter so that
// not all clients of a restarted server come back at once.
func (p pace) wait(attempt int) time.Duration {
	d := p.first
	for range attempt {
		if d = 2 * d; d >= p.longest {
			d = p.longest
			break
		}
	}
	return d/2 + rand.N(d/2+1)
}

// message is a message of a stream: a change, or a heartbeat without one.
type message interface {
	proto.Message
	GetPosition() string
}

// stream is a method of the API that answers with a stream. Its result gives
// the next message at each call.
type stream[Q proto.Message] func(context.Context, grpc.ClientConnInterface, Q) (func() (message, error), error)

// bindStream is bind for a method that answers with a stream.
func bindStream[C any, Q proto.Message, T any, R interface {
	*T
	message
}](
	client func(grpc.ClientConnInterface) C,
	method func(C, context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[T], error),
) stream[Q] {
	return func(ctx context.Context, conn grpc.ClientConnInterface, in Q) (func() (message, error), error) {
		s, err := method(client(conn), ctx, in)
		if err != nil {
			return nil, err
		}
		return func() (message, error) {
			m, err := s.Recv()
			return R(m), err
		}, nil
	}
}

// watcher follows a stream across connections.
type watcher[Q proto.Message] struct {
	app      *app
	open     stream[Q]
	in       Q
	position *string // in the request: where to resume
	left     int64   // events still to print; 0: no end
	printer  eventPrinter
}

// watch makes the command that follows a stream.
func watch[Q proto.Message](a *app, short string, open stream[Q], in Q, position *string) *cobra.Command {
	var count int64
	cmd := command("watch", short, in, func(ctx context.Context) error {
		if a.flags.output == formatXLSX {
			return errNoWorkbook
		}
		w := &watcher[Q]{app: a, open: open, in: in, position: position, left: count, printer: eventPrinter{printer: a.printer()}}
		return w.run(ctx)
	})
	cmd.Flags().StringVar(position, "position", "", "resume after this position (default from now on)")
	cmd.Flags().Var((*positive)(&count), "count", "end after so many events (default never)")
	return cmd
}

// errEnough ends a watch that has printed what was asked for.
var errEnough = errors.New("enough")

// errSilent ends a stream that said nothing for too long.
var errSilent = errors.New("the server went silent")

// run follows the stream until it is interrupted or has printed enough, and
// takes it up again where it broke off.
func (w *watcher[Q]) run(ctx context.Context) error {
	attempt, reached := 0, false
	for {
		w.app.wire.sent.Store(false)
		heard, err := w.follow(ctx)
		reached = reached || w.app.wire.sent.Load()
		switch {
		case errors.Is(err, errEnough):
			return nil
		case ctx.Err() != nil:
			w.farewell()
			return nil
		case !passing(err), !reached:
			return w.app.failed(err, w.in)
		}
		if heard {
			attempt = 0
		}
		wait := w.app.pace.wait(attempt)
		attempt++
		w.app.note("note: the stream broke off (%s); trying again in %v", brief(err), wait.Round(100*time.Millisecond))
		sleep(ctx, wait)
	}
}

// farewell says how to go on after an interrupt.
func (w *watcher[Q]) farewell() {
	if *w.position != "" {
		w.app.note("note: go on with --position %s", *w.position)
	}
}

// follow prints the events of one stream until it ends. It says whether
// anything was heard.
func (w *watcher[Q]) follow(ctx context.Context) (heard bool, err error) {
	conn, err := w.app.connect()
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithCancelCause(w.app.localize(ctx))
	defer cancel(nil)
	silence := w.app.pace.silence
	timer := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer timer.Stop()
	next, err := w.open(ctx, conn, w.in)
	for err == nil {
		var m message
		if m, err = next(); err != nil {
			break
		}
		heard = true
		timer.Reset(silence)
		err = w.take(m)
	}
	if errors.Is(context.Cause(ctx), errSilent) {
		err = errSilent
	}
	return heard, err
}

// take prints an event, then remembers its position: an event that could not be
// printed is asked for again.
func (w *watcher[Q]) take(m message) error {
	event := field(m, "event")
	isEvent := m.ProtoReflect().Has(event)
	if isEvent {
		if err := w.printer.event(m, event); err != nil {
			return err
		}
	}
	if p := m.GetPosition(); p != "" {
		*w.position = p
	}
	if isEvent && w.left > 0 {
		if w.left--; w.left == 0 {
			return errEnough
		}
	}
	return nil
}

// passing says whether it makes sense to try again.
func passing(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, errSilent) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted, codes.DeadlineExceeded:
		return true
	default:
		return false
	}
}

func brief(err error) string {
	if s, ok := status.FromError(err); ok {
		return s.Message()
	}
	return err.Error()
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// eventPrinter prints events one by one, as they come.
type eventPrinter struct {
	*printer
	begun bool
}

// event prints one event: a line, or one object.
func (p *eventPrinter) event(m message, event protoreflect.FieldDescriptor) error {
	first := !p.begun
	p.begun = true
	switch p.format {
	case formatJSON:
		return p.jsonLine(m)
	case formatYAML:
		if !first {
			if err := p.write([]byte("---\n")); err != nil {
				return err
			}
		}
		return p.whole(m)
	case formatCSV:
		columns := csvColumns(m.ProtoReflect().Descriptor(), "")
		line := cells(m.ProtoReflect(), columns, forPrograms)
		if !first {
			return p.csvLines([][]string{line})
		}
		return p.csv(columns, []protoreflect.Message{m.ProtoReflect()})
	default:
		columns := tableColumns(event.Message(), p.language)
		line := cells(m.ProtoReflect().Get(event).Message(), columns, forEyes)
		return p.write([]byte(strings.TrimRight(strings.Join(line, "  "), " ") + "\n"))
	}
}

func (p *printer) jsonLine(m proto.Message) error {
	content, err := toJSON(m)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Compact(&b, content); err != nil {
		return err
	}
	b.WriteByte('\n')
	return p.write(b.Bytes())
}
