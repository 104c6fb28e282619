package ctl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	rpccode "google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sushaan/exchange/internal/fault"
)

// The exit codes (design §13).
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDenied      = 3
	exitConflict    = 4
	exitUnreachable = 5
)

// errorDomain is the ErrorInfo domain of the exchange's own codes.
const errorDomain = "exchange.sushaan"

// usageError is a command line that makes no sense as it stands.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errDenied ends a command whose answer, printed already, is a denial.
var errDenied = errors.New("denied")

// callError is a call that failed.
type callError struct {
	status *status.Status
	// unsent: no part of the request left this machine.
	unsent bool
	// repeatWith is the request id of a write of which nobody knows whether it
	// was done. It is the only way to find out safely.
	repeatWith string
}

func (e *callError) Error() string { return e.status.Message() }

// report writes an error as one line and gives the exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.Is(err, errDenied) {
		return exitDenied
	}
	exit, code, text := describe(err)
	a.note("error: %s: %s", code, text)
	return exit
}

func describe(err error) (exit int, code, text string) {
	var usage usageError
	var call *callError
	switch {
	case errors.As(err, &usage):
		return exitUsage, "USAGE", err.Error()
	case errors.As(err, &call):
		return call.exit(), reasonOf(call.status), call.text()
	case errors.Is(err, context.Canceled):
		return exitFailed, "CANCELLED", "interrupted"
	}
	if f, ok := fault.As(err); ok { // found here, without a server
		return exitFailed, string(f.Code), f.Text(fault.English)
	}
	return exitFailed, "FAILED", err.Error()
}

func (e *callError) exit() int {
	switch e.status.Code() {
	case codes.PermissionDenied:
		return exitDenied
	case codes.FailedPrecondition, codes.Aborted, codes.AlreadyExists:
		return exitConflict
	case codes.Unavailable:
		return exitUnreachable
	case codes.DeadlineExceeded:
		if e.unsent {
			return exitUnreachable
		}
	}
	return exitFailed
}

// reasonOf is the exchange's code of a failure, or else the name of its gRPC
// status.
func reasonOf(s *status.Status) string {
	if info := detail[*errdetails.ErrorInfo](s); info.GetDomain() == errorDomain && info.GetReason() != "" {
		return info.GetReason()
	}
	return rpccode.Code(s.Code()).String()
}

// messageOf is a failure's message in the caller's language, followed by whatever
// the details add: wrong fields and further denials.
func messageOf(s *status.Status) string {
	text := s.Message()
	if local := detail[*errdetails.LocalizedMessage](s); local.GetMessage() != "" {
		text = local.GetMessage()
	}
	if s.Code() == codes.Canceled {
		text = "interrupted"
	}
	parts := []string{text}
	for _, v := range detail[*errdetails.BadRequest](s).GetFieldViolations() {
		parts = append(parts, fieldText(v, text))
	}
	first := true
	for _, v := range detail[*errdetails.PreconditionFailure](s).GetViolations() {
		// The first denial is the error's own and has been said.
		if first && v.GetType() == reasonOf(s) {
			first = false
			continue
		}
		parts = append(parts, v.GetType()+": "+v.GetDescription())
	}
	return strings.Join(parts, "; ")
}

// text is messageOf, with how to find out what became of a write.
func (e *callError) text() string {
	parts := []string{messageOf(e.status)}
	if e.repeatWith != "" {
		parts = append(parts, "whether it was done is not known: repeat it with --request-id "+e.repeatWith)
	}
	return strings.Join(parts, "; ")
}

func fieldText(v *errdetails.BadRequest_FieldViolation, said string) string {
	text := v.GetDescription()
	if local := v.GetLocalizedMessage().GetMessage(); local != "" {
		text = local
	}
	if text == said || text == "" {
		return "field " + v.GetField()
	}
	return "field " + v.GetField() + ": " + text
}

// detail is the first detail of a type, or nil, whose getters answer zeros.
func detail[D any](s *status.Status) D {
	var none D
	for _, d := range s.Details() {
		if found, ok := d.(D); ok {
			return found
		}
	}
	return none
}

// oneLine makes text safe for one line of a terminal: what comes from afar can
// neither break the line nor steer the terminal.
func oneLine(s string) string {
	visible := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(visible)
}
