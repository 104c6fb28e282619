package rpc

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/sushaan/exchange/internal/fault"
)

// domain is the domain of the exchange's reason codes.
const domain = "exchange.sushaan"

// codeOf is the one table from kinds of fault to status codes.
var codeOf = map[fault.Kind]codes.Code{
	fault.Internal:        codes.Internal,
	fault.Invalid:         codes.InvalidArgument,
	fault.Unauthenticated: codes.Unauthenticated,
	fault.Denied:          codes.PermissionDenied,
	fault.NotFound:        codes.NotFound,
	fault.Exists:          codes.AlreadyExists,
	fault.Conflict:        codes.FailedPrecondition,
	fault.Exhausted:       codes.ResourceExhausted,
	fault.Unavailable:     codes.Unavailable,
	fault.Aborted:         codes.Aborted,
	fault.Deadline:        codes.DeadlineExceeded,
}

// retryAfter is when to come back, for kinds where that helps.
var retryAfter = map[fault.Kind]time.Duration{
	fault.Exhausted: time.Second, fault.Unavailable: time.Second, fault.Aborted: 100 * time.Millisecond,
}

// faultOf turns any error into one of ours. What is not known is INTERNAL: its
// text may speak of SQL or paths and stays in the log.
func faultOf(err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	var invalid *protovalidate.ValidationError
	switch {
	case errors.As(err, &invalid):
		return fieldsOf(invalid)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.DeadlinePassed)
	default:
		return fault.Wrap(err, fault.InternalError)
	}
}

func fieldsOf(v *protovalidate.ValidationError) *fault.Error {
	var fields []fault.Field
	for _, violation := range v.Violations {
		fields = append(fields, fault.Field{
			Path:   protovalidate.FieldPathString(violation.Proto.GetField()),
			Reason: fault.Because(fault.InvalidArgument, "detail", violation.Proto.GetMessage()),
		})
	}
	return fault.InFields(fields...)
}

// statusOf is an error as the API gives it (design §12), in the caller's
// language.
func statusOf(ctx context.Context, err error) *status.Status {
	if errors.Is(err, context.Canceled) {
		return status.New(codes.Canceled, "cancelled")
	}
	if s, ok := status.FromError(err); ok {
		return s // grpc's own, such as an unknown method
	}
	f, lang := faultOf(err), language(ctx)
	s := status.New(codeOf[f.Kind()], f.Text(fault.English))
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: string(f.Code), Domain: domain, Metadata: factsOf(f)},
		&errdetails.LocalizedMessage{Locale: string(lang), Message: f.Text(lang)},
	}
	if len(f.Fields) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range f.Fields {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: v.Path, Description: v.Reason.Text(lang), Reason: string(v.Reason.Code),
			})
		}
		details = append(details, bad)
	}
	if len(f.Denials) == 0 && f.Kind() == fault.Conflict {
		details = append(details, &errdetails.PreconditionFailure{Violations: []*errdetails.PreconditionFailure_Violation{
			{Type: string(f.Code), Subject: f.Facts["noun"], Description: f.Text(lang)},
		}})
	}
	if len(f.Denials) > 0 {
		failed := &errdetails.PreconditionFailure{}
		for _, d := range f.Denials {
			failed.Violations = append(failed.Violations, &errdetails.PreconditionFailure_Violation{
				Type: string(d.Code), Subject: d.Facts["action"], Description: d.Text(lang),
			})
		}
		details = append(details, failed)
	}
	if after := max(f.Retry, retryAfter[f.Kind()]); after > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
	}
	full, err := s.WithDetails(details...)
	if err != nil {
		return s
	}
	return full
}

// factsOf are an error's facts; a denial also names all its codes.
func factsOf(f *fault.Error) map[string]string {
	facts := maps.Clone(map[string]string(f.Facts))
	if len(f.Denials) > 1 {
		var all []string
		for _, d := range f.Denials {
			all = append(all, string(d.Code))
		}
		if facts == nil {
			facts = map[string]string{}
		}
		facts["denials"] = strings.Join(all, ",")
	}
	return facts
}

// language is what the caller asks for: English unless the first language
// named is Chinese.
func language(ctx context.Context) fault.Lang {
	md, _ := metadata.FromIncomingContext(ctx)
	for _, v := range md.Get("accept-language") {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(v)), "zh") {
			return fault.Chinese
		}
	}
	return fault.English
}
