package rpc

import (
	"context"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/fault"
)

// slots bound what goes on at once.
type slots chan struct{}

func (s slots) enter() (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	default:
		return nil, fault.New(fault.QueueFull)
	}
}

// streams bounds the streams that are open, which last as long as their callers
// like: they have limits of their own, so that they leave room for calls, and
// for each other.
type streams struct {
	open     slots // those that need no token
	watches  slots
	perActor int
	stopping context.Context
	stop     context.CancelFunc

	mu     sync.Mutex
	actors map[string]int // watches open, by who has them
}

func newStreams(c Config) *streams {
	s := &streams{
		open: make(slots, c.OpenStreams), watches: make(slots, c.MaxWatches), perActor: c.ActorWatches, actors: map[string]int{},
	}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s
}

// enter takes a place for a stream of a method.
func (s *streams) enter(ctx context.Context, method string) (leave func(), err error) {
	if open(method) {
		return s.open.enter()
	}
	p, err := app.PrincipalOf(ctx)
	if err != nil {
		return nil, err
	}
	actor := p.Issuer.String() + "\x00" + p.Subject
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.actors[actor] >= s.perActor {
		return nil, fault.New(fault.WatchLimit, "limit", s.perActor)
	}
	leaveAll, err := s.watches.enter()
	if err != nil {
		return nil, err
	}
	s.actors[actor]++
	return func() {
		leaveAll()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.actors[actor]--; s.actors[actor] == 0 {
			delete(s.actors, actor)
		}
	}, nil
}

// untilStop is a context that ends with SHUTTING_DOWN when the server stops.
func (s *streams) untilStop(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	forget := context.AfterFunc(s.stopping, func() { cancel(fault.New(fault.ShuttingDown)) })
	return ctx, func() {
		forget()
		cancel(nil)
	}
}

func (g *guard) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	ctx, end := g.traced(ss.Context(), info.FullMethod)
	defer end()
	ctx, id := withRequestID(ctx)
	_ = ss.SetHeader(metadata.Pairs(requestIDHeader, id))
	ctx, done := g.streams.untilStop(ctx)
	defer done()
	return g.observe(ctx, info.FullMethod, id, func() error {
		admitted, err := g.admit(ctx, info.FullMethod)
		if err != nil {
			return err
		}
		leave, err := g.streams.enter(admitted, info.FullMethod)
		if err != nil {
			return err
		}
		defer leave()
		err = next(srv, &guardedStream{ServerStream: ss, ctx: admitted, check: g.check})
		if _, told := fault.As(err); err != nil && !told {
			if cause, ok := fault.As(context.Cause(ctx)); ok {
				return cause
			}
		}
		return err
	})
}

// guardedStream carries the principal and checks what comes in.
type guardedStream struct {
	grpc.ServerStream
	ctx   context.Context
	check func(context.Context, proto.Message) error
}

func (s *guardedStream) Context() context.Context { return s.ctx }

// RecvMsg does not wait for a message longer than its context lasts: the
// caller's stream goes on when the server stops.
func (s *guardedStream) RecvMsg(m any) error {
	received := make(chan error, 1)
	go func() { received <- s.ServerStream.RecvMsg(m) }()
	select {
	case err := <-received:
		if err != nil {
			return err
		}
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	}
	if p, ok := m.(proto.Message); ok {
		return s.check(s.ctx, p)
	}
	return nil
}
