package rpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
)

// linesField is the field that makes a request a batch: its lines are requests
// of their own.
const linesField = "lines"

// linesOf are the lines of a batch, as messages; false where a request is none.
func linesOf(m protoreflect.Message) (protoreflect.List, bool) {
	f := m.Descriptor().Fields().ByName(linesField)
	if f == nil || !f.IsList() || f.Kind() != protoreflect.MessageKind {
		return nil, false
	}
	return m.Get(f).List(), true
}

// linesOfBatch turns the lines of a batch into commands. A line that is malformed
// carries why.
func linesOfBatch[M proto.Message, C any](s *orders, list []M, of func(M) C) []app.Line[C] {
	lines := make([]app.Line[C], len(list))
	for i, m := range list {
		lines[i] = app.Line[C]{Command: of(m), Err: s.check(m)}
	}
	return lines
}

func orderResults(ctx context.Context, list []app.LineResult) []*pb.OrderResult {
	var last time.Time
	for _, r := range list {
		if r.Committed.After(last) {
			last = r.Committed
		}
	}
	tellCommitted(ctx, last)
	return each(list, func(r app.LineResult) *pb.OrderResult {
		out := &pb.OrderResult{RequestId: r.RequestID, Warnings: reasons(ctx, r.Warnings), Replayed: r.Replayed}
		if r.Err != nil {
			out.Outcome = &pb.OrderResult_Error{Error: statusOf(ctx, r.Err).Proto()}
		} else {
			out.Outcome = &pb.OrderResult_Order{Order: order(r.Value)}
		}
		return out
	})
}

func (s *orders) BatchPlaceOrders(ctx context.Context, r *pb.BatchPlaceOrdersRequest) (*pb.BatchPlaceOrdersResponse, error) {
	v, err := s.app.BatchPlaceOrders(ctx, linesOfBatch(s, r.GetLines(), placement), r.GetAllOrNothing())
	return read(v, err, func(v []app.LineResult) *pb.BatchPlaceOrdersResponse {
		return &pb.BatchPlaceOrdersResponse{Results: orderResults(ctx, v)}
	})
}

func (s *orders) BatchAcceptDeliveries(ctx context.Context, r *pb.BatchAcceptDeliveriesRequest) (*pb.BatchAcceptDeliveriesResponse, error) {
	v, err := s.app.BatchAcceptDeliveries(ctx, linesOfBatch(s, r.GetLines(), acceptance), r.GetAllOrNothing())
	return read(v, err, func(v []app.LineResult) *pb.BatchAcceptDeliveriesResponse {
		return &pb.BatchAcceptDeliveriesResponse{Results: orderResults(ctx, v)}
	})
}
