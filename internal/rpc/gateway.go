package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/sushaan/exchange/api"
	pb "github.com/sushaan/exchange/api/gen/sushaan/exchange/v1"
	"github.com/sushaan/exchange/internal/fault"
)

// newGateway serves the API over HTTP, and the pages beside it.
func newGateway(to grpc.ClientConnInterface, c Config, ready Ready) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &ndjson{runtime.JSONPb{
			MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true},
			// An unknown field is a mistake that must not pass unseen.
			UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
		}}),
		runtime.WithIncomingHeaderMatcher(headersIn), runtime.WithOutgoingHeaderMatcher(headersOut),
		runtime.WithErrorHandler(writeError), runtime.WithRoutingErrorHandler(writeRoutingError),
		runtime.WithStreamErrorHandler(func(ctx context.Context, err error) *status.Status { return status.Convert(err) }),
		runtime.SetQueryParameterParser(strictQuery{}), runtime.WithMetadata(passTrace),
	)
	ctx := context.Background()
	err := errors.Join(
		pb.RegisterDirectoryServiceHandlerClient(ctx, mux, pb.NewDirectoryServiceClient(to)),
		pb.RegisterCatalogServiceHandlerClient(ctx, mux, pb.NewCatalogServiceClient(to)),
		pb.RegisterOfferServiceHandlerClient(ctx, mux, pb.NewOfferServiceClient(to)),
		pb.RegisterOrderServiceHandlerClient(ctx, mux, pb.NewOrderServiceClient(to)),
		pb.RegisterDemandServiceHandlerClient(ctx, mux, pb.NewDemandServiceClient(to)),
		pb.RegisterGroupBuyServiceHandlerClient(ctx, mux, pb.NewGroupBuyServiceClient(to)),
		pb.RegisterStandingOrderServiceHandlerClient(ctx, mux, pb.NewStandingOrderServiceClient(to)),
		pb.RegisterReliefServiceHandlerClient(ctx, mux, pb.NewReliefServiceClient(to)),
		pb.RegisterPolicyServiceHandlerClient(ctx, mux, pb.NewPolicyServiceClient(to)),
		pb.RegisterLedgerServiceHandlerClient(ctx, mux, pb.NewLedgerServiceClient(to)),
		pb.RegisterReportServiceHandlerClient(ctx, mux, pb.NewReportServiceClient(to)),
		pb.RegisterReserveServiceHandlerClient(ctx, mux, pb.NewReserveServiceClient(to)),
		pb.RegisterPurchasingServiceHandlerClient(ctx, mux, pb.NewPurchasingServiceClient(to)),
		pb.RegisterPeriodServiceHandlerClient(ctx, mux, pb.NewPeriodServiceClient(to)),
		pb.RegisterTargetServiceHandlerClient(ctx, mux, pb.NewTargetServiceClient(to)),
		pb.RegisterSettlementServiceHandlerClient(ctx, mux, pb.NewSettlementServiceClient(to)),
		pb.RegisterSubmissionServiceHandlerClient(ctx, mux, pb.NewSubmissionServiceClient(to)),
		pb.RegisterIntentServiceHandlerClient(ctx, mux, pb.NewIntentServiceClient(to)),
		pb.RegisterContractServiceHandlerClient(ctx, mux, pb.NewContractServiceClient(to)),
	)
	pages := http.NewServeMux()
	pages.Handle("/v1/", limitBody(plainErrors(mux), c))
	pages.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") })
	pages.HandleFunc("GET /readyz", readyz(ready, c))
	pages.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(api.OpenAPI)
	})
	pages.HandleFunc("GET /docs", docs)
	pages.Handle("/", limitBody(mux, c)) // answers unknown routes in the API's form
	return pages, err
}

// ndjson is JSON whose streams are newline-delimited.
type ndjson struct{ runtime.JSONPb }

func (*ndjson) StreamContentType(any) string { return "application/x-ndjson" }

// NewDecoder reads a body to its end: what follows the JSON may be a mistake that
// must not pass unseen, or more than a body may be.
func (n *ndjson) NewDecoder(r io.Reader) runtime.Decoder {
	d := json.NewDecoder(r)
	one := runtime.DecoderWrapper{Decoder: d, UnmarshalOptions: n.UnmarshalOptions}
	return runtime.DecoderFunc(func(v any) error {
		if err := one.Decode(v); err != nil {
			return err
		}
		switch token, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("after the JSON: %w", err)
		default:
			return fmt.Errorf("%v follows the JSON", token)
		}
	})
}

// headersIn are the request headers that the services see.
func headersIn(name string) (string, bool) {
	switch strings.ToLower(name) {
	// The gateway itself passes Authorization on.
	case "idempotency-key", "accept-language", requestIDHeader, seenHeader:
		return strings.ToLower(name), true
	default:
		return "", false
	}
}

// headersOut are the response headers that the services may set.
func headersOut(name string) (string, bool) {
	switch strings.ToLower(name) {
	case replayedHeader, requestIDHeader, ranHeader, seenHeader, asOfHeader:
		return http.CanonicalHeaderKey(name), true
	default:
		return "", false
	}
}

// limitBody bounds a body's size and the time in which it must be there: who
// asks is known only after it was read.
func limitBody(next http.Handler, c Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil && r.Body != http.NoBody {
			b := &limitedBody{ReadCloser: http.MaxBytesReader(w, r.Body, c.BodyLimit), config: c, conn: http.NewResponseController(w)}
			// A transport that knows no deadline, as in a test without a network, has no slow bodies.
			_ = b.conn.SetReadDeadline(time.Now().Add(c.BodyTime))
			r.Body = b
		}
		next.ServeHTTP(w, r)
	})
}

// limitedBody gives "too large" and "too slow" their codes, which the gateway
// would wrap.
type limitedBody struct {
	io.ReadCloser
	config Config
	conn   *http.ResponseController
	fault  *fault.Error // what ended it
}

func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == nil {
		return n, nil
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		b.fault = fault.New(fault.BodyTooLarge, "limit", b.config.BodyLimit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.fault = fault.New(fault.BodyTooSlow, "limit", b.config.BodyTime)
	default:
		// The body is there: the connection goes on, for as long as it likes.
		_ = b.conn.SetReadDeadline(time.Time{})
		return n, err
	}
	return n, b.fault
}

// writeError writes an error as google.rpc.Status. What the gateway itself
// found wrong with a request gets one of our codes.
func writeError(ctx context.Context, _ *runtime.ServeMux, m runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	s := status.Convert(err)
	if b, ok := r.Body.(*limitedBody); ok && b.fault != nil {
		s = statusOf(withLanguage(ctx, r), b.fault)
	} else if len(s.Details()) == 0 && s.Code() == codes.DeadlineExceeded {
		s = statusOf(withLanguage(ctx, r), context.DeadlineExceeded) // the caller's own
	} else if len(s.Details()) == 0 && s.Code() == codes.InvalidArgument {
		// The message quotes the request, which may be anything.
		s = statusOf(withLanguage(ctx, r), badJSON(strings.ToValidUTF8(s.Message(), "?")))
	}
	if md, ok := runtime.ServerMetadataFromContext(ctx); ok {
		for name, values := range md.HeaderMD {
			if header, ok := headersOut(name); ok {
				w.Header()[header] = values
			}
		}
	}
	writeStatus(w, m, httpStatus(s), s)
}

func withLanguage(ctx context.Context, r *http.Request) context.Context {
	return metadata.NewIncomingContext(ctx, metadata.Pairs("accept-language", r.Header.Get("Accept-Language")))
}

var (
	unknownField = regexp.MustCompile(`unknown field "([^"]*)"`)
	badParameter = regexp.MustCompile(`^parsing (?:list|field) "([^"]*)": (.*)`)
)

// badJSON tells what the gateway could not read, by its message: it gives no
// more than that.
func badJSON(message string) error {
	if m := unknownField.FindStringSubmatch(message); m != nil {
		return fault.InField(m[1], fault.UnknownField, "field", m[1])
	}
	if m := badParameter.FindStringSubmatch(message); m != nil {
		return fault.InField(m[1], fault.InvalidArgument, "detail", strings.ReplaceAll(m[2], "\u00a0", " "))
	}
	return fault.New(fault.JSONInvalid, "detail", strings.ReplaceAll(message, "\u00a0", " "))
}

// httpStatus is the gateway's standard mapping, with the answers for which HTTP
// has a better word.
func httpStatus(s *status.Status) int {
	switch fault.Code(reasonOf(s)) {
	case fault.BodyTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.BodyTooSlow:
		return http.StatusRequestTimeout
	}
	if s.Code() == codes.FailedPrecondition {
		return http.StatusConflict
	}
	return runtime.HTTPStatusFromCode(s.Code())
}

func writeStatus(w http.ResponseWriter, m runtime.Marshaler, code int, s *status.Status) {
	body, err := m.Marshal(s.Proto())
	if err != nil {
		code, body = http.StatusInternalServerError, []byte(`{"code":13,"message":"internal error"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	if code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable {
		if after := retryAfterOf(s); after != "" {
			w.Header().Set("Retry-After", after)
		}
	}
	w.WriteHeader(code)
	_, _ = w.Write(body)
}

// retryAfterOf says in the words of HTTP, whole seconds, when a status says that
// it may be tried again; empty: it does not.
func retryAfterOf(s *status.Status) string {
	for _, d := range s.Details() {
		if r, ok := d.(*errdetails.RetryInfo); ok {
			return strconv.Itoa(int(math.Ceil(r.GetRetryDelay().AsDuration().Seconds())))
		}
	}
	return ""
}

func writeRoutingError(ctx context.Context, _ *runtime.ServeMux, m runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	err := fault.New(fault.ResourceNotFound, "noun", "route", "id", r.Method+" "+r.URL.Path)
	if code == http.StatusBadRequest {
		err = fault.New(fault.InvalidArgument, "detail", "the request's path cannot be read")
	}
	writeStatus(w, m, code, statusOf(withLanguage(ctx, r), err))
}

// strictQuery refuses query parameters that the request does not have.
type strictQuery struct{ runtime.DefaultQueryParser }

func (q strictQuery) Parse(m proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	fields := m.ProtoReflect().Descriptor().Fields()
	for name := range values {
		// An entry of a map is written as its name and its key: cell[month].
		base, _, _ := strings.Cut(name, "[")
		field := fields.ByTextName(base)
		if field == nil {
			field = fields.ByJSONName(base)
		}
		if field == nil || base != name && !field.IsMap() {
			return status.Error(codes.InvalidArgument, `unknown field "`+name+`"`)
		}
	}
	return q.DefaultQueryParser.Parse(m, values, filter)
}

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
}

// readyz says whether the exchange can serve and where, with the code if not;
// asked with ?verbose, also what it serves by. What the driver says names the
// database and its user: it goes to the log.
func readyz(ready Ready, c Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		where, err := ready(r.Context())
		code, text := http.StatusOK, strings.TrimSpace("ready "+where)+"\n"
		if err != nil {
			c.Log.WarnContext(r.Context(), "not ready", "error", err)
			f := faultOf(err)
			code = http.StatusServiceUnavailable
			text = fmt.Sprintf("not ready: %s: %s\n", f.Code, f.Text(language(withLanguage(r.Context(), r))))
		}
		if c.Verbose != nil && r.URL.Query().Has("verbose") {
			text += c.Verbose()
		}
		writeText(w, code, text)
	}
}
