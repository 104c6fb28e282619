package rpc

import (
	"context"
	"path"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

const (
	// seenHeader of a response to a write is its consistency token: the time of its
	// commit. Sent with a read, the read sees what was committed until then, on
	// whichever gateway.
	seenHeader = "x-exchange-consistency"
	// asOfHeader of a response to a read that tolerates some seconds: everything that
	// was committed until then is in it, and perhaps what came a little later.
	asOfHeader = "x-exchange-as-of"
	// latest, sent instead of a token, asks for the latest.
	latest = "latest"
)

// tolerance is how a call may read.
type tolerance int

const (
	decides   tolerance = iota // the latest: it writes, or looks one thing up
	tolerates                  // what the nearest replica has will do
	global                     // the latest, which is near everywhere: tables in all regions
)

// reports are the calls that add up or export, beside the lists.
var reportsOf = map[string]bool{
	"QueryVolumes": true, "OpenVolume": true, "RunReport": true, "ExportOCDS": true,
	"GetTargetProgress": true, "GetReserveProgress": true, "GetAgeing": true, "GetReliefZones": true,
}

// exact are lists that read the latest all the same: they belong to one thing, or
// to a proof whose parts must fit each other.
var exact = map[string]bool{
	"ListOrderEvents": true, "ListInvoices": true, "ListSamplings": true, "ListSeals": true, "ListRules": true,
}

// globalLists are lists of tables that every region has, beside those of the
// directory.
var globalLists = map[string]bool{"ListProducts": true, "ListCertificates": true, "ListTargets": true, "ListPeriods": true}

// toleranceOf says how a call may read. What decides reads the latest; lists and
// reports tolerate some seconds (design §7).
func toleranceOf(method string, m protoreflect.Message) tolerance {
	service, name := path.Split(method)
	fields := m.Descriptor().Fields()
	_, batch := linesOf(m)
	switch list := strings.HasPrefix(name, "List") && !exact[name]; {
	case batch || fields.ByName("request_id") != nil || !list && !reportsOf[name]:
		return decides
	case globalLists[name] || service == "/"+pb.DirectoryService_ServiceDesc.ServiceName+"/":
		return global
	default:
		return tolerates
	}
}

// nearest lets a call that tolerates some seconds read the nearest replica, unless
// its caller has seen or asks for something newer, and says in a header as of when
// it reads.
func (g *guard) nearest(ctx context.Context, method string, m protoreflect.Message) (context.Context, error) {
	seen, err := seenBy(ctx)
	if err != nil {
		return ctx, err
	}
	asOf := time.Now().UTC()
	switch toleranceOf(method, m) {
	case decides:
		return ctx, nil
	case tolerates:
		if t := askedAsOf(m); t.After(seen) {
			seen = t
		}
		ctx, asOf = g.app.Nearest(ctx, seen)
	}
	_ = grpc.SetHeader(ctx, metadata.Pairs(asOfHeader, asOf.Format(time.RFC3339Nano)))
	return ctx, nil
}

// never is later than any token.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// seenBy is what a caller has seen: the time of its token, or never for the latest.
func seenBy(ctx context.Context) (time.Time, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get(seenHeader)
	switch {
	case len(values) == 0:
		return time.Time{}, nil
	case len(values) == 1 && values[0] == latest:
		return never, nil
	case len(values) == 1:
		if t, err := time.Parse(time.RFC3339Nano, values[0]); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.InvalidArgument, "detail", seenHeader+" is one token of a response, or "+latest)
}

// askedAsOf is the time as of which a request asks; one as of a position of the log
// needs the latest.
func askedAsOf(m protoreflect.Message) time.Time {
	fields := m.Descriptor().Fields()
	if f := fields.ByName("as_of_position"); f != nil && m.Get(f).Int() > 0 {
		return never
	}
	if f := fields.ByName("as_of"); f != nil && m.Has(f) {
		if t, ok := m.Get(f).Message().Interface().(*timestamppb.Timestamp); ok {
			return t.AsTime()
		}
	}
	return time.Time{}
}

// tellCommitted gives a write's caller its consistency token.
func tellCommitted(ctx context.Context, at time.Time) {
	if !at.IsZero() {
		// A header that can no longer be sent is no reason to fail the write.
		_ = grpc.SetHeader(ctx, metadata.Pairs(seenHeader, at.UTC().Format(time.RFC3339Nano)))
	}
}
