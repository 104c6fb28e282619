package rpc

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/app"
	"github.com/sushaan/exchange/internal/exchange"
	"github.com/sushaan/exchange/internal/fault"
)

// replayedHeader says that an answer repeats that of an earlier request.
const replayedHeader = "idempotency-replayed"

// stamp is unset for the zero time.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// instant is zero where the API's time is unset.
func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// idText is empty for the nil id.
func idText(u uuid.UUID) string {
	if u == uuid.Nil {
		return ""
	}
	return u.String()
}

// each turns a list of the exchange's things into the API's.
func each[T, R any](items []T, of func(T) R) []R {
	out := make([]R, len(items))
	for i, v := range items {
		out[i] = of(v)
	}
	return out
}

// write is what a write's request says for every write.
type write interface {
	GetRequestId() string
	GetDryRun() bool
}

func meta(w write) app.Meta { return app.Meta{RequestID: w.GetRequestId(), DryRun: w.GetDryRun()} }

type page interface {
	GetPageSize() int32
	GetPageToken() string
}

func paging(p page) app.Paging {
	return app.Paging{Size: int(p.GetPageSize()), Token: p.GetPageToken()}
}

// step is a write that needs no more than an id.
type step interface {
	write
	GetId() string
}

// stepOf reads a step, with its reason where the request has one.
func stepOf(s step) app.Step {
	c := app.Step{Meta: meta(s), ID: s.GetId()}
	if r, ok := s.(interface{ GetReason() string }); ok {
		c.Reason = r.GetReason()
	}
	return c
}

// answer turns a write's result into its response, and says in headers where it
// repeats an earlier one, and when it was committed.
func answer[T, R any](ctx context.Context, r app.Result[T], err error, of func(T) R) (R, error) {
	if err != nil {
		var none R
		return none, err
	}
	if r.Replayed {
		// A header that can no longer be sent is no reason to fail the write.
		_ = grpc.SetHeader(ctx, metadata.Pairs(replayedHeader, strconv.FormatBool(true)))
	}
	tellCommitted(ctx, r.Committed)
	return of(r.Value), nil
}

// read turns what was read into its response.
func read[T, R any](v T, err error, of func(T) R) (R, error) {
	if err != nil {
		var none R
		return none, err
	}
	return of(v), nil
}

// reasons are codes with their texts in the caller's language.
func reasons(ctx context.Context, list []fault.Reason) []*pb.Reason {
	return each(list, func(r fault.Reason) *pb.Reason {
		return &pb.Reason{Code: string(r.Code), Facts: r.Facts, Text: r.Text(language(ctx))}
	})
}

func obligations(o exchange.Obligations) *pb.Obligations {
	return &pb.Obligations{
		Direction: enum[pb.Direction](o.Direction), Collaboration: o.Collaboration, CountsToReserve: o.CountsToReserve,
		NeedsApproval: o.NeedsApproval,
	}
}
