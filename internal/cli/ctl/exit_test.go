package ctl

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

func failure(t *testing.T, code codes.Code, message string, details ...protoadapt.MessageV1) error {
	t.Helper()
	s, err := status.New(code, message).WithDetails(details...)
	must(t, err)
	return s.Err()
}

func reason(code string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: code, Domain: errorDomain}
}

func TestErrorsOfTheServer(t *testing.T) {
	f := newFake(t)
	for name, tc := range map[string]struct {
		err  error
		exit int
		line string
	}{
		"denied, localized": {
			failure(t, codes.PermissionDenied, "en", reason("NO_GRANT"), &errdetails.LocalizedMessage{Locale: "zh-CN", Message: "未授权"}),
			exitDenied, "error: NO_GRANT: 未授权",
		},
		"all denials": {
			failure(t, codes.PermissionDenied, "no grant", reason("NO_GRANT"), &errdetails.PreconditionFailure{
				Violations: []*errdetails.PreconditionFailure_Violation{
					{Type: "NO_GRANT", Description: "no grant"},
					{Type: "INTRA_PROVINCE", Description: "both in 61"},
					{Type: "CERT_MISSING", Description: "no certificate"},
				},
			}),
			exitDenied, "error: NO_GRANT: no grant; INTRA_PROVINCE: both in 61; CERT_MISSING: no certificate",
		},
		"fields": {
			failure(t, codes.InvalidArgument, "below the minimum", reason("BELOW_MOQ"), &errdetails.BadRequest{
				FieldViolations: []*errdetails.BadRequest_FieldViolation{
					{Field: "quantity", Description: "below the minimum"},
					{Field: "deliver_by", Description: "in the past"},
				},
			}),
			exitFailed, "error: BELOW_MOQ: below the minimum; field quantity; field deliver_by: in the past",
		},
		"wrong state":     {failure(t, codes.FailedPrecondition, "is SHIPPED", reason("WRONG_STATE")), exitConflict, "error: WRONG_STATE: is SHIPPED"},
		"contention":      {failure(t, codes.Aborted, "again", reason("CONTENTION")), exitConflict, "error: CONTENTION: again"},
		"exists":          {failure(t, codes.AlreadyExists, "is there", reason("ALREADY_EXISTS")), exitConflict, "error: ALREADY_EXISTS: is there"},
		"not found":       {failure(t, codes.NotFound, "no", reason("NOT_FOUND")), exitFailed, "error: NOT_FOUND: no"},
		"unauthenticated": {failure(t, codes.Unauthenticated, "expired", reason("TOKEN_EXPIRED")), exitFailed, "error: TOKEN_EXPIRED: expired"},
		"store away":      {failure(t, codes.Unavailable, "away", reason("STORE_UNAVAILABLE")), exitUnreachable, "error: STORE_UNAVAILABLE: away"},
		"deadline":        {failure(t, codes.DeadlineExceeded, "late", reason("DEADLINE_PASSED")), exitFailed, "error: DEADLINE_PASSED: late"},
		"foreign domain":  {failure(t, codes.Internal, "odd", &errdetails.ErrorInfo{Reason: "X", Domain: "other"}), exitFailed, "error: INTERNAL: odd"},
		"many lines":      {failure(t, codes.Internal, "a\nb\x1b[2Jc", reason("INTERNAL")), exitFailed, "error: INTERNAL: a b [2Jc"},
	} {
		t.Run(name, func(t *testing.T) {
			f.fails("GetOrder", tc.err)
			r := run(t, "orders", "get", "O")
			if r.exit != tc.exit || r.stdout != "" {
				t.Errorf("exit %d with output %q, want %d without any", r.exit, r.stdout, tc.exit)
			}
			same(t, "stderr", r.stderr, tc.line+"\n")
		})
	}
}

func TestWriteOfUnknownOutcomeSaysItsRequestID(t *testing.T) {
	f := newFake(t)
	for name, tc := range map[string]struct {
		err  error
		args string
		says bool
	}{
		"broken off":     {status.Error(codes.Unavailable, "gone"), "", true},
		"commit unknown": {failure(t, codes.Unavailable, "unknown", reason("COMMIT_UNKNOWN")), "", true},
		"store away":     {failure(t, codes.Unavailable, "away", reason("STORE_UNAVAILABLE")), "", false},
		"denied":         {status.Error(codes.PermissionDenied, "no"), "", false},
		"dry run":        {status.Error(codes.Unavailable, "gone"), "--dry-run", false},
	} {
		t.Run(name, func(t *testing.T) {
			f.fails("ConfirmOrder", tc.err)
			r := run(t, words("orders confirm O "+tc.args)...)
			id := textOf(f.last(t, "ConfirmOrder").in, "request_id")
			if strings.Contains(r.stderr, "--request-id "+id) != tc.says || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("stderr %q; id %s to be told: %v", r.stderr, id, tc.says)
			}
		})
	}
}

func TestNotReachable(t *testing.T) {
	f := newFake(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, closed.Close())
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	must(t, err)
	t.Cleanup(func() { _ = mute.Close() })
	for name, args := range map[string]string{
		"closed port":  "whoami --server " + closed.Addr().String(),
		"mute":         "whoami --timeout 200ms --server " + mute.Addr().String(),
		"mute, write":  "orders confirm O --timeout 200ms --server " + mute.Addr().String(),
		"closed watch": "offers watch --server " + closed.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, words(args)...)
			if r.exit != exitUnreachable || strings.Count(r.stderr, "\n") != 1 || strings.Contains(r.stderr, "--request-id") {
				t.Errorf("%+v", r)
			}
		})
	}
	t.Run("foreign certificate", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "other.pem")
		certificate(t, other)
		if r := run(t, "whoami", "--server", f.address, "--ca-file", other); r.exit != exitUnreachable {
			t.Errorf("%+v", r)
		}
		if len(f.heard()) != 0 {
			t.Error("a server with a foreign certificate was told something")
		}
	})
}

func TestSlowServerIsReachable(t *testing.T) {
	f := newFake(t)
	release := make(chan struct{})
	f.answer["WhoAmI"] = func(proto.Message) (proto.Message, error) {
		<-release
		return nil, errors.New("late")
	}
	defer close(release)
	if r := run(t, "whoami", "--timeout", "200ms"); r.exit != exitFailed || !strings.HasPrefix(r.stderr, "error: DEADLINE_EXCEEDED: ") {
		t.Errorf("%+v", r)
	}
}

func TestInterrupt(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.answer["ConfirmOrder"] = func(proto.Message) (proto.Message, error) {
		cancel()
		time.Sleep(50 * time.Millisecond)
		return nil, errors.New("late")
	}
	var stdout, stderr strings.Builder
	exit := Main(ctx, words("orders confirm O"), strings.NewReader(""), &stdout, &stderr)
	if exit != exitFailed || !strings.HasPrefix(stderr.String(), "error: CANCELLED: interrupted; ") || !strings.Contains(stderr.String(), "--request-id") {
		t.Errorf("exit %d, stderr %q", exit, stderr.String())
	}
}

func TestUsage(t *testing.T) {
	f := newFake(t)
	for line, says := range map[string]string{
		"bogus":                                          `unknown command "bogus"`,
		"offers bogus":                                   `unknown command "bogus" for "sushaanctl offers"`,
		"offers lsit":                                    `did you mean "list"?`,
		"offers list --bogus":                            "unknown flag",
		"offers list extra":                              "unexpected argument",
		"offers get":                                     "needs ID",
		"offers list --state sold":                       "must be one of draft, published",
		"offers list -o xml":                             "must be one of table",
		"offers list --lang fr":                          "must be one of en, zh-CN",
		"offers list --dry-run":                          "--dry-run is not for",
		"offers watch --all":                             "--all is not for",
		"orders confirm O --page-size 3":                 "--page-size is not for",
		"config use-context farm --dry-run":              "--dry-run is not for",
		"orders confirm O --request-id=":                 "--request-id is empty",
		"offers list --page-size -1":                     "negative",
		"offers list --limit 0":                          "at least 1",
		"offers list --timeout 0s":                       "more than 0",
		"orders place --offer O":                         "quantity units",
		"orders place --offer O --units 1 --quantity 1":  "none of the others can be",
		"orders place --offer O --units 0":               "above 0",
		"orders place --offer O --quantity 1.5":          "invalid",
		"orders cancel O":                                "reason",
		"orders pay O --bank-reference B":                "amount",
		"orders pay O --bank-reference B --amount 1.234": "in yuan",
		"orders pay O --bank-reference B --amount 1 --amount-fen 1": "none of the others can be",
		"ledger volumes --group-by week":                            "must be one of day, month",
		"ledger volumes --cell week=7":                              "must be one of day, month",
		"ledger volumes --cell month":                               "is not DIMENSION=VALUE",
		"ledger volumes --chart -o csv":                             "draws in a terminal",
		"ledger volumes --as-of 0":                                  "not a position of the log",
		"ledger balance --account bank --as-of yesterday":           "neither a time",
		"whoami --context nobody":                                   `there is no context "nobody"`,
		"whoami --server nowhere":                                   "not host:port",
		"config use-context nobody":                                 `there is no context "nobody"`,
		"config delete-context nobody":                              `there is no context "nobody"`,
		"config set-context new":                                    "needs --server",
		"config set-context new --server nowhere":                   "not host:port",
		"offers create --publish --dry-run --product P --quantity 1 --price 1 --season-from 2026-01-01 --season-to 2026-01-02": "--publish cannot be tried",
		"directory issuer register --url u --alliance A":                                                                       "jwks",
	} {
		t.Run(line, func(t *testing.T) {
			r := run(t, strings.Split(line, " ")...)
			if r.exit != exitUsage || !strings.HasPrefix(r.stderr, "error: USAGE: ") || !strings.Contains(r.stderr, says) || strings.Count(r.stderr, "\n") != 1 {
				t.Errorf("exit %d, stderr %q; want usage with %q", r.exit, r.stderr, says)
			}
		})
	}
	if len(f.heard()) != 0 {
		t.Errorf("the server was asked: %v", f.heard())
	}
}

func TestNoServer(t *testing.T) {
	t.Setenv(configEnv, filepath.Join(t.TempDir(), "none.yaml"))
	for _, line := range []string{"whoami", "config current-context"} {
		if r := run(t, words(line)...); r.exit != exitUsage {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	newFake(t)
	for _, line := range []string{"whoami --ca-file /nowhere", "whoami --token-file /nowhere", "whoami --config /proc/self/mem/x"} {
		if r := run(t, words(line)...); r.exit != exitFailed || !strings.HasPrefix(r.stderr, "error: FAILED: ") {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	newFake(t)
	var stderr strings.Builder
	if exit := Main(t.Context(), []string{"whoami", "-o", "json"}, nil, brokenPipe{}, &stderr); exit != exitFailed {
		t.Errorf("exit %d, stderr %q", exit, stderr.String())
	}
}
